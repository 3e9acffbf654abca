const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const PRECISE = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const SHORT_DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
export const DAY_MS = 86_400_000;

/** Hours and minutes, in the visitor's own way of writing them. */
export function clockTime(at: number): string {
  return CLOCK.format(at);
}

/** Hours, minutes and seconds. */
export function preciseTime(at: number): string {
  return PRECISE.format(at);
}

/** Date and time to the second, for a tooltip. */
export function fullTime(at: number): string {
  return FULL.format(at);
}

/** A day, in a few letters. */
export function shortDate(at: number): string {
  return SHORT_DATE.format(at);
}

/** Midnight that began the day: the same for all times of one local day. */
export function dayOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** “Today”, “Yesterday”, or the date. Both are midnights. */
export function dayName(day: number, today: number): string {
  // Rounded, because a day of a clock change has 23 or 25 hours.
  const daysAgo = Math.round((today - day) / DAY_MS);
  const isNear = daysAgo === 0 || daysAgo === 1;
  const isThisYear = new Date(day).getFullYear() === new Date(today).getFullYear();
  const name = isNear ? RELATIVE.format(-daysAgo, 'day') : (isThisYear ? DAY : DATE).format(day);
  return name.slice(0, 1).toLocaleUpperCase() + name.slice(1);
}
