import fc from 'fast-check';

/** Values that have no form on the wire, wherever they stand. */
export const FORMLESS: readonly (readonly [what: string, value: unknown])[] = [
  ['NaN', NaN],
  ['Infinity', -Infinity],
  ['a whole number past 2^53', 2 ** 53],
  ['a bigint', 1n],
  ['a symbol', Symbol('s')],
  ['a function', () => 1],
  ['a class', Map],
  ['a Map', new Map([['a', 1]])],
  ['a Set', new Set([1])],
  ['a WeakMap', new WeakMap()],
  ['a promise', Promise.resolve(1)],
  ['an expression', /a/],
  ['an error', new Error('e')],
  ['floats', new Float64Array(2)],
  ['words', new Uint16Array(2)],
  ['a boxed number', Object(1)],
  ['half a surrogate pair', '😀'.slice(0, 1)],
  ['a key that leads to the prototype', JSON.parse('{"__proto__":1}')],
  ['a toJSON that gives NaN', { toJSON: () => NaN }],
  ['a toJSON behind which a key hides', { toJSON: (): unknown => JSON.parse('{"a":{"__proto__":{}}}') }],
  ['a toJSON behind which a toJSON hides that is no field', { toJSON: () => ({ toJSON: () => 1 }) }],
  ['arrays within each other without end', endless()],
];

function endless(): unknown[] {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

/** Memory of bytes, in whichever guise. */
export const bytes = fc.uint8Array({ maxLength: 40 }).chain((content) =>
  fc
    .constantFrom<(bytes: Uint8Array<ArrayBuffer>) => unknown>(
      (given) => given,
      (given) => given.buffer,
      (given) => new DataView(given.buffer),
      (given) => new Uint8ClampedArray(given),
      (given) => new Int8Array(given.buffer),
      (given) => new Uint8Array(new Uint8Array([9, ...given, 9]).buffer, 1, given.length),
    )
    .map((disguise) => ({ value: disguise(Uint8Array.from(content)), content })),
);

/** Whatever a program may hand over: the better part of JavaScript's values, and some with a JSON form of their own. */
export const anything = fc.oneof(
  { weight: 6, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  {
    weight: 6,
    arbitrary: fc.anything({
      maxDepth: 4,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
      withBoxedValues: true,
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom(...FORMLESS.map(([, value]) => value)) },
  { weight: 1, arbitrary: bytes.map(({ value }) => ({ value })) },
  { weight: 1, arbitrary: fc.anything().map((value) => ({ toJSON: () => value })) },
  { weight: 1, arbitrary: fc.anything().map((value) => ({ toJSON: value, url: new URL('ws://test/') })) },
);
