const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
const KILO = 1000;
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** `8.4 MB` */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= KILO && unit < BYTE_UNITS.length - 1) {
    value /= KILO;
    unit += 1;
  }
  return `${trim(value)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** `12,345` */
export function number(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** A figure a second: `0.5`, `12`, `1,200`. */
export function rate(value: number): string {
  return value >= KILO ? number(value) : trim(value);
}

/** `0.42 ms`, `12 ms`, `1.2 s`: times that people compare. */
export function milliseconds(ms: number): string {
  if (ms >= KILO) return `${trim(ms / KILO)} s`;
  if (ms >= 10) return `${String(Math.round(ms))} ms`;
  return `${ms < 1 ? ms.toFixed(2) : trim(ms)} ms`;
}

/** `3 d 4 h`, `12 min`, `5 s`, `120 ms` */
export function duration(ms: number): string {
  if (ms < KILO) return `${String(Math.round(ms))} ms`;
  const seconds = Math.round(ms / KILO);
  if (seconds < MINUTE_S) return `${String(seconds)} s`;
  if (seconds < HOUR_S) return pair(seconds, [MINUTE_S, 'min', 1, 's']);
  return seconds < DAY_S ? pair(seconds, [HOUR_S, 'h', MINUTE_S, 'min']) : pair(seconds, [DAY_S, 'd', HOUR_S, 'h']);
}

export function percent(share: number): string {
  return `${String(Math.round(share * 100))} %`;
}

function pair(
  seconds: number,
  [large, largeName, small, smallName]: readonly [number, string, number, string],
): string {
  const whole = Math.floor(seconds / large);
  const rest = Math.floor((seconds % large) / small);
  const most = `${String(whole)} ${largeName}`;
  return rest === 0 || whole >= 10 ? most : `${most} ${String(rest)} ${smallName}`;
}

function trim(value: number): string {
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1).replace(/\.0$/, '');
}

const HIGH = 0.8;
const CRITICAL = 0.95;

/** How a share of what there may be is to be taken. */
export function toneOf(share: number): 'good' | 'warn' | 'bad' {
  if (share >= CRITICAL) return 'bad';
  return share >= HIGH ? 'warn' : 'good';
}
