import { parseEndpoint } from '@outcry/endpoint';
import { InvalidArgumentError } from 'commander';

import type { Rate } from '../plan/plan.ts';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/;
const NUMBER = /^\d+(?:\.\d+)?$/;

/** `30s`, `500ms`, `2m`; a bare number is in the unit given. Gives milliseconds. */
export function parseDuration(unitMs: number): (text: string) => number {
  return (text) => {
    const [, number, unit] = DURATION.exec(text) ?? [];
    if (number === undefined) throw new InvalidArgumentError('Expected a time, such as 500ms, 30s or 2m.');
    return Number(number) * (unit === undefined ? unitMs : (UNITS_MS[unit] ?? unitMs));
  };
}

/** A whole number between bounds. */
export function parseCount(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${String(min)} to ${String(max)}.`);
  };
}

/** `50`, or `50..500`: from the first to the second over the whole load. */
export function parseRate(text: string): Rate {
  const [from, to, ...rest] = text.split('..');
  const ends = [from, to ?? from].map((end) => (end !== undefined && NUMBER.test(end) ? Number(end) : NaN));
  const [first = NaN, last = NaN] = ends;
  if (rest.length > 0 || Number.isNaN(first + last) || Math.max(first, last) === 0) {
    throw new InvalidArgumentError('Expected messages per second, such as 50, or 50..500 for a rate that rises.');
  }
  return { from: first, to: last };
}

/** `10%` or `0.1`. Gives a share of 1. */
export function parseShare(text: string): number {
  const isPercent = text.endsWith('%');
  const digits = isPercent ? text.slice(0, -1) : text;
  const share = NUMBER.test(digits) ? Number(digits) / (isPercent ? 100 : 1) : NaN;
  if (share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError('Expected a share, such as 10% or 0.1.');
}

/** The address of one more gateway or balancer, behind those before it. */
export function collectUrls(text: string, before: readonly string[] = []): readonly string[] {
  try {
    return [...before, parseEndpoint(text)];
  } catch (error) {
    throw new InvalidArgumentError(error instanceof TypeError ? error.message : String(error));
  }
}

/** Names with commas between them. */
export function parseList(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('Expected names with commas between them.');
}
