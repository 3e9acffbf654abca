import type { Step } from '../values/value-fault.ts';

/** 2^53 has sixteen digits. What stands in a string follows a quotation mark mostly, and is passed over here already. */
const MAYBE_WIDE = /[\s:,[-]\d{16}/;
/** A whole string, a whole number (a run of digits may belong to either), or what shows where they stand. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[[\]{},]/g;
const INTEGER = /^-?\d+$/;

/** An array or object that the scan is in: the step to what comes next; undefined in an object whose next key is to come. */
interface Level {
  readonly isArray: boolean;
  step: Step | undefined;
}

/**
 * The way to the first integer that `JSON.parse` has rounded, or may have: one past ±(2^53-1) that is written without a
 * point and an exponent. `text` is valid JSON; how deep it goes does not matter.
 */
export function findWideInteger(text: string): readonly Step[] | undefined {
  if (!MAYBE_WIDE.test(text)) return undefined;
  const levels: Level[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    if (INTEGER.test(token) && !Number.isSafeInteger(Number(token))) {
      return levels.map(({ step }) => step ?? '');
    }
    follow(levels, token);
  }
  return undefined;
}

function follow(levels: Level[], token: string): void {
  const level = levels.at(-1);
  switch (token[0]) {
    case '[':
      levels.push({ isArray: true, step: 0 });
      return;
    case '{':
      levels.push({ isArray: false, step: undefined });
      return;
    case ']':
    case '}':
      levels.pop();
      return;
    case ',':
      if (level !== undefined) level.step = typeof level.step === 'number' ? level.step + 1 : undefined;
      return;
    case '"':
      if (level?.isArray === false && level.step === undefined) level.step = JSON.parse(token) as string;
      return;
    default:
  }
}
