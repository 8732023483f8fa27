// Which language the page speaks: Chinese unless the person chose otherwise.
import { effect, signal } from '@preact/signals';
import { type Key, words } from './words';

export type Language = keyof typeof words;

const key = 'hotline.language';

/** chosen is the language to begin with: what was chosen before, else what the address asks for (?lang=en), else Chinese. */
export function chosen(stored: string | null, query: string): Language {
  const asked = new URLSearchParams(query).get('lang');
  const wish = asked ?? stored;
  return wish === 'en' ? 'en' : 'zh';
}

export const language = signal<Language>(
  chosen(globalThis.localStorage?.getItem(key) ?? null, globalThis.location?.search ?? ''),
);

/** toggle speaks the other language from now on. */
export function toggle(): void {
  language.value = language.value === 'zh' ? 'en' : 'zh';
  globalThis.localStorage?.setItem(key, language.value);
}

/** fill puts values into the {places} of a text; a place without a value stays, so that it shows. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** t is a text in the page's language. */
export function t(k: Key, values: Record<string, string | number> = {}): string {
  return fill(words[language.value][k], values);
}

/** named is t for a key that data made; what has no word is shown as the data has it. */
export function named(prefix: string, name: string): string {
  const table: Record<string, string> = words[language.value];
  return table[`${prefix}.${name}`] ?? name;
}

if (globalThis.document) {
  effect(() => {
    document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
  });
}
