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

/** Options as they were checked: one that was undefined is absent. */
type Taken<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/**
 * Checks options, and gives a copy of them: what is checked is what is used, whatever becomes of them later.
 *
 * @throws OutcryError `badRequest`, which says of which option what was expected
 */
export function takeOptions<T extends object>(
  options: T,
  rules: { readonly [K in keyof T]-?: Rule },
  prefix = '',
): Taken<T> {
  check(`${prefix}options`, options, [isObject, 'an object']);
  const taken: Record<string, unknown> = {};
  for (const name of Object.keys(rules) as (keyof T & string)[]) {
    const value = options[name];
    if (value === undefined) continue;
    check(prefix + name, value, rules[name]);
    taken[name] = value;
  }
  return taken as Taken<T>;
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
  if (!isObject(value)) return String(value);
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
