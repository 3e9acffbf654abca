import { expectedOf, type FieldKind, isOfKind } from '@outcry/protocol';

import { OutcryError } from './errors.ts';

/** What a value may be: a kind of the wire's fields, or a test and what it expects in words. */
export type Rule = FieldKind | readonly [isRight: (value: unknown) => boolean, expected: string];

export const FUNCTION: Rule = [(value) => typeof value === 'function', 'a function'];

const MAX_QUOTED = 64;

/**
 * Types are no promise where a program has none.
 *
 * @throws OutcryError `badRequest`, which says what was expected
 */
export function check(name: string, value: unknown, rule: Rule): void {
  const [isRight, expected] =
    typeof rule === 'string'
      ? [isOfKind(rule, value), expectedOf({ name, kind: rule })]
      : [rule[0](value), `${name}: expected ${rule[1]}`];
  if (!isRight)
    throw new OutcryError('badRequest', `${expected}, not ${name === 'token' ? typeof value : describe(value)}`);
}

/** The same of each option; one that is undefined is absent. */
export function checkOptions(options: unknown, rules: Readonly<Record<string, Rule>>, prefix = ''): void {
  check(`${prefix}options`, options, [isObject, 'an object']);
  for (const [name, rule] of Object.entries(rules)) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined) check(prefix + name, value, rule);
  }
}

/** Whether a value has these methods. */
export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  const isAny = isObject(value) || typeof value === 'function';
  return isAny && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

/** For people, and short. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MAX_QUOTED));
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  return isObject(value) ? Object.prototype.toString.call(value).slice(8, -1) : String(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
