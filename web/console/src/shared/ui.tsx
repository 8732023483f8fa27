// The pieces both pages are made of.
import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t, toggle } from './i18n';

const paths = {
  phone:
    'M6.6 10.8a15 15 0 0 0 6.6 6.6l2.2-2.2a1 1 0 0 1 1-.25 11.4 11.4 0 0 0 3.6.57 1 1 0 0 1 1 1V20a1 1 0 0 1-1 1A17 17 0 0 1 3 4a1 1 0 0 1 1-1h3.5a1 1 0 0 1 1 1c0 1.25.2 2.45.57 3.6a1 1 0 0 1-.25 1Z',
  end: 'M12 9c-1.6 0-3.15.25-4.6.72v3.1c0 .39-.23.74-.56.9-.98.49-1.87 1.12-2.66 1.85a.98.98 0 0 1-.7.28.99.99 0 0 1-.7-.29L.3 13.08a.96.96 0 0 1 0-1.41A16.95 16.95 0 0 1 12 7c4.55 0 8.67 1.78 11.7 4.67a.97.97 0 0 1 0 1.41l-2.48 2.48a.99.99 0 0 1-.7.290.98.98 0 0 1-.7-.28 11.3 11.3 0 0 0-2.67-1.85 1 1 0 0 1-.56-.9v-3.1A15 15 0 0 0 12 9Z',
  pause: 'M7 5h3.5v14H7zM13.5 5H17v14h-3.5z',
  play: 'M8 5v14l11-7z',
  mic: 'M12 14a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v5a3 3 0 0 0 3 3Zm5-3a5 5 0 0 1-10 0H5a7 7 0 0 0 6 6.92V21h2v-3.08A7 7 0 0 0 19 11Z',
  mute: 'M19 11h-2c0 .74-.16 1.43-.43 2.05l1.5 1.5A6.9 6.9 0 0 0 19 11Zm-4.02.17V6a3 3 0 0 0-5.98-.26l5.97 5.97.01-.54ZM4.27 3 3 4.27l6 6V11a3 3 0 0 0 3.66 2.93l1.66 1.66A5 5 0 0 1 7 11H5a7 7 0 0 0 6 6.92V21h2v-3.08a6.9 6.9 0 0 0 2.54-.9L19.73 21 21 19.73 4.27 3Z',
  keypad:
    'M5 4h3v3H5zm5.5 0h3v3h-3zM16 4h3v3h-3zM5 9.5h3v3H5zm5.5 0h3v3h-3zm5.5 0h3v3h-3zM5 15h3v3H5zm5.5 0h3v3h-3zm5.5 0h3v3h-3zm-5.5 5.5h3v3h-3z',
  star: 'm12 17.3 6.2 3.7-1.6-7L22 9.2l-7.2-.6L12 2 9.2 8.6 2 9.2 7.5 14l-1.7 7z',
  transfer: 'M14 4l6 5-6 5v-3H8V7h6V4ZM10 20l-6-5 6-5v3h6v4h-6v3Z',
  gear: 'M19.4 13a7.5 7.5 0 0 0 0-2l2.1-1.65a.5.5 0 0 0 .12-.64l-2-3.46a.5.5 0 0 0-.6-.22l-2.49 1a7.3 7.3 0 0 0-1.69-.98l-.38-2.65A.5.5 0 0 0 14 2h-4a.5.5 0 0 0-.5.420l-.38 2.65c-.6.25-1.17.58-1.69.98l-2.49-1a.5.5 0 0 0-.6.22l-2 3.46a.5.5 0 0 0 .12.640L4.6 11a7.5 7.5 0 0 0 0 2l-2.11 1.65a.5.5 0 0 0-.12.640l2 3.46c.12.22.39.300.600.220l2.49-1c.52.400 1.08.730 1.69.980l.38 2.65c.03.240.240.420.490.420h4a.5.5 0 0 0 .49-.42l.38-2.65a7.3 7.3 0 0 0 1.69-.98l2.49 1c.23.090.490 0 .61-.22l2-3.46a.5.5 0 0 0-.12-.64ZM12 15.5a3.5 3.5 0 1 1 0-7 3.5 3.5 0 0 1 0 7Z',
  close: 'M18.3 5.7 12 12l6.3 6.3-1.4 1.4L10.6 13.4 4.3 19.7 2.9 18.3 9.2 12 2.9 5.7l1.4-1.4 6.3 6.3 6.3-6.3z',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

type ButtonProps = ButtonHTMLAttributes & {
  [data: `data-${string}`]: string;
  icon?: IconName;
  tone?: 'plain' | 'good' | 'bad' | 'main';
  keys?: string;
  pressed?: boolean;
  disabled?: boolean;
  type?: 'button' | 'submit';
  children?: ComponentChildren;
};

/** Button says its shortcut, and whether it is pressed, to the eye and to a screen reader. */
export function Button({ icon, tone = 'plain', keys, pressed, children, type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      class={`button ${tone} ${(rest.class as string) ?? ''}`}
      aria-pressed={pressed}
      aria-keyshortcuts={keys}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
      {keys && (
        <span class="key" aria-hidden="true">
          {keys}
        </span>
      )}
    </button>
  );
}

/** Level is how loud one side is. */
export function Level({ label, value }: { label: string; value: number }) {
  return (
    <div class="level">
      <span>{label}</span>
      <meter min={0} max={1} value={value} aria-label={label} />
    </div>
  );
}

/** Modal is a dialog of the browser's own: focus stays in it, Escape closes it. */
export function Modal({ title, onClose, children }: { title: string; onClose(): void; children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const box = ref.current;
    box?.showModal();
    return () => box?.close();
  }, []);
  return (
    <dialog ref={ref} aria-label={title} onCancel={onClose}>
      <header>
        <h2>{title}</h2>
        <button type="button" class="close" aria-label={t('close')} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}

export function Brand({ page }: { page: string }) {
  return (
    <div class="brand">
      <span class="mark">
        <Icon name="phone" />
      </span>
      <b>{t('app.name')}</b>
      <span class="page">{page}</span>
    </div>
  );
}

export function LanguageButton() {
  return (
    <button type="button" class="quiet" lang={t('lang.other') === 'English' ? 'en' : 'zh-CN'} onClick={toggle}>
      {t('lang.other')}
    </button>
  );
}

const digits = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const letters: Record<string, string> = {
  2: 'ABC',
  3: 'DEF',
  4: 'GHI',
  5: 'JKL',
  6: 'MNO',
  7: 'PQRS',
  8: 'TUV',
  9: 'WXYZ',
};

/** Keypad is a telephone's. What was pressed is not kept: it may be a PIN. */
export function Keypad({ onKey, disabled = false }: { onKey(digit: string): void; disabled?: boolean }) {
  return (
    <fieldset class="keypad" disabled={disabled} aria-label={t('call.keypad')}>
      {digits.map(d => (
        <button key={d} type="button" onClick={() => onKey(d)} aria-label={d}>
          <b>{d}</b>
          <small aria-hidden="true">{letters[d] ?? ''}</small>
        </button>
      ))}
    </fieldset>
  );
}

/** digitOf is the digit a key press means, if it means one. */
export function digitOf(e: KeyboardEvent): string | undefined {
  if (e.ctrlKey || e.altKey || e.metaKey || isTyping(e.target)) return undefined;
  return digits.includes(e.key) ? e.key : undefined;
}

/** isTyping tells that a key press belongs to a text that is being written. */
export function isTyping(target: EventTarget | null): boolean {
  const tag = (target as { tagName?: string } | null)?.tagName ?? '';
  return tag === 'INPUT' || tag === 'TEXTAREA' || tag === 'SELECT';
}
