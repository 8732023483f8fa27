import type { Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { digitOf, isTyping } from '../shared/ui';
import type { Desk } from './desk';
import { type Deed, deedOf } from './model';

/** press does what the button of a deed does, if it is there and may be pressed: one place decides what goes when. */
function press(deed: Deed): void {
  const target = document.querySelector<HTMLElement>(`[data-deed="${deed}"]`);
  if (target instanceof HTMLButtonElement) target.click();
  else target?.focus();
}

export function useShortcuts(desk: Desk, help: Signal<boolean>): void {
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.repeat) return;
      const deed = deedOf(e);
      if (deed) {
        e.preventDefault();
        press(deed);
        return;
      }
      if (e.key === '?' && !isTyping(e.target)) {
        help.value = true;
        return;
      }
      const digit = digitOf(e);
      if (digit && desk.line.talk.value?.phase === 'talking') desk.line.key(digit);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [desk, help]);
}
