const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
] as const;
const MIB = 1024 ** 2;
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB'];

/** `42 s`, `3 min`, `2 h`, `5 d`: no more than somebody needs who looks at many. */
export function formatDuration(seconds: number): string {
  const [unitSeconds, unit] = UNITS.find(([length]) => seconds >= length) ?? [1, 's'];
  return `${String(Math.max(0, Math.floor(seconds / unitSeconds)))} ${unit}`;
}

/** `120 MiB` */
export function formatMebibytes(bytes: number): string {
  return `${String(Math.round(bytes / MIB))} MiB`;
}

/** `312 B`, `1.4 MiB` */
export function formatBytes(bytes: number): string {
  const power = Math.min(BINARY_UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${BINARY_UNITS[power] ?? ''}`;
}
