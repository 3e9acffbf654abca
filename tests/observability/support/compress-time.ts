const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Rules as they are, but what they wait for, and look back to, is so many times as short. */
export function compressTime(rules: string, speed: number): string {
  return rules.replaceAll(/(?<=\bfor: |\[)\d+[smh]\b/g, (duration) => {
    const seconds = Number.parseInt(duration, 10) * (SECONDS[duration.slice(-1)] ?? 1);
    return `${String(Math.max(1, Math.round((seconds * 1000) / speed)))}ms`;
  });
}
