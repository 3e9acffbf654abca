const DAY = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });
const CLOCK = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** `12:03:07`, with the day where that is another one. */
export function clock(at: number): string {
  const date = new Date(at);
  const time = CLOCK.format(date);
  return date.toDateString() === new Date().toDateString() ? time : `${DAY.format(date)}, ${time}`;
}

/** For machines, and for whoever wants to know exactly. */
export function exactly(at: number): string {
  return new Date(at).toISOString();
}
