const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
/** Some scrapes: what is over sooner on a busy machine is its own affair. */
const MIN_MS = 3000;

/** Rules as they are, but what they wait for, and look back to, is so many times as short, and not too short to be seen. */
export function compressTime(rules: string, speed: number): string {
  return rules.replaceAll(/(?<=\bfor: |\[)\d+[smh]\b/g, (duration) => {
    const seconds = Number.parseInt(duration, 10) * (SECONDS[duration.slice(-1)] ?? 1);
    return `${String(Math.max(MIN_MS, Math.round((seconds * 1000) / speed)))}ms`;
  });
}
