// The session of this tab. A reload goes on with it, and so does a page that this one has opened.
import type { Session } from './api';

const stored = 'hotline.session';

/** kept is the session that was kept, if there is one and it can be read. */
export function kept(from: Pick<Storage, 'getItem'> = sessionStorage): Session | null {
  try {
    const s = JSON.parse(from.getItem(stored) ?? 'null') as Session | null;
    return s && typeof s.token === 'string' ? s : null;
  } catch {
    return null; // what is no session signs nobody in
  }
}

export function keep(s: Session): void {
  sessionStorage.setItem(stored, JSON.stringify(s));
}

export function forget(): void {
  sessionStorage.removeItem(stored);
}
