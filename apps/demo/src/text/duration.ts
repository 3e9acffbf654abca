/** A duration for people: "40 ms", "2.5 s", "14 s", "1 min 7 s", "2 h 3 min". */
export function durationText(ms: number): string {
  if (ms < 100) return `${String(Math.round(ms))} ms`;
  const tenths = Math.round(ms / 100);
  return tenths < 100 ? `${(tenths / 10).toFixed(1)} s` : secondsText(Math.round(ms / 1_000));
}

/** How old something is that gets older while it is looked at: "12 s", "3 min", "2 h", no more than has passed. */
export function ageText(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  if (seconds < 60) return `${String(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${String(minutes)} min` : `${String(Math.floor(minutes / 60))} h`;
}

function secondsText(seconds: number): string {
  if (seconds < 60) return `${String(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min ${String(seconds % 60)} s`;
  return `${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min`;
}
