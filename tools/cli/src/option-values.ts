import type { Position } from '@outcry/client';
import { InvalidArgumentError } from 'commander';

/** A whole number within bounds. */
export function parseWhole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${String(min)} to ${String(max)}.`);
  };
}

/** `epoch:seq`, as `publish` and every message in JSON say it. */
export function parsePosition(text: string): Position {
  const [, epoch, seq] = /^(.+):(\d+)$/.exec(text) ?? [];
  if (epoch === undefined || seq === undefined) throw new InvalidArgumentError('Expected epoch:seq.');
  return { epoch, seq: Number(seq) };
}
