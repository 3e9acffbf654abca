import type { Unit } from '../panel.ts';

const DIGITS = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, useGrouping: false });

const FORMATS: Readonly<Record<Unit, (value: number) => string>> = {
  short: scaled(1000, ['', ' K', ' Mil', ' Bil', ' Tri']),
  ops: scaled(1000, [' ops/s', 'K ops/s', 'M ops/s', 'B ops/s']),
  Bps: scaled(1000, [' B/s', ' kB/s', ' MB/s', ' GB/s', ' TB/s']),
  bytes: scaled(1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']),
  s: formatSeconds,
  percentunit: (value) => `${DIGITS.format(100 * value)}%`,
  bool_yes_no: (value) => (value === 0 ? 'No' : 'Yes'),
};

/** Each until the next: in which unit so many seconds are written. */
const TIMES: readonly (readonly [fromSeconds: number, name: string])[] = [
  [86_400, 'days'],
  [3600, 'hours'],
  [60, 'mins'],
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
  [1e-9, 'ns'],
];

export function isUnit(name: string): name is Unit {
  return Object.hasOwn(FORMATS, name);
}

/** In words much like Grafana's, with three digits that say something. */
export function formatValue(value: number, unit: Unit): string {
  return FORMATS[unit](value);
}

function scaled(base: number, suffixes: readonly string[]): (value: number) => string {
  return (value) => {
    let [rest, power] = [value, 0];
    // What is written as the next power is meant as it.
    while (Math.abs(Number(DIGITS.format(rest))) >= base && power < suffixes.length - 1) {
      rest /= base;
      power += 1;
    }
    return `${DIGITS.format(rest)}${suffixes[power] ?? ''}`;
  };
}

function formatSeconds(value: number): string {
  const [from, name] = TIMES.find(([seconds]) => Math.abs(value) >= seconds) ?? [1, 's'];
  return `${DIGITS.format(value / from)} ${name}`;
}
