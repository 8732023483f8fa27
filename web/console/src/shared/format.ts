// Numbers, times and names as people read them. No clock of its own: who asks gives the time.

/** clock is a length of time as 0:07, 12:40 or 1:02:03. */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(s / 60);
  return minutes < 60 ? `${minutes}:${two(s % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(s % 60)}`;
}

/** since is how many seconds have passed from a stamp of the API until now. */
export function since(stamp: string | null | undefined, now: number): number {
  const at = stamp ? Date.parse(stamp) : Number.NaN;
  return Number.isNaN(at) ? 0 : Math.max(0, (now - at) / 1000);
}

/** left is how many seconds remain until a stamp; whole ones are still shown while they run. */
export function left(stamp: string | null | undefined, now: number): number {
  const at = stamp ? Date.parse(stamp) : Number.NaN;
  return Number.isNaN(at) ? 0 : Math.max(0, Math.ceil((at - now) / 1000));
}

/** number groups a Chinese mobile number as it is spoken; anything else, and what is masked otherwise, stays. */
export function number(n: string): string {
  return /^1[\d*]{10}$/.test(n) ? `${n.slice(0, 3)} ${n.slice(3, 7)} ${n.slice(7)}` : n;
}

/** timeOfDay is a stamp as 14:05. */
export function timeOfDay(stamp: string): string {
  const d = new Date(stamp);
  return Number.isNaN(d.getTime())
    ? ''
    : `${String(d.getHours()).padStart(2, '0')}:${String(d.getMinutes()).padStart(2, '0')}`;
}
