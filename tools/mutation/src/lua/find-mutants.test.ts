import { expect, it } from 'vitest';
import { findMutants } from './find-mutants.ts';
import { applyEdits } from './mutant.ts';
import { plant, plantIn } from './plant.ts';

const BEFORE = '/** A script: `redis.call` 1 < 2. */\nexport const SCRIPT = new Script(String.raw`';

function script(lua: string): string {
  return `${BEFORE}${lua}\`);\n`;
}

/** What becomes of a piece of Lua, by the kinds of what is planted. */
function becomes(lua: string, ...kinds: readonly string[]): readonly string[] {
  const source = script(lua);
  return findMutants(source)
    .filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
    .map(({ edit }) => applyEdits(source, [edit]).slice(BEFORE.length, -'`);\n'.length));
}

it('leaves alone what makes a number of a text', () => {
  expect(becomes('return a + 0, a - 0', 'arithmetic')).toEqual([]);
});

it('turns comparisons, arithmetic, conditions, `and` and `or`', () => {
  expect(becomes('return a <= b and (c + d) * e ~= f', 'comparison', 'and/or', 'arithmetic')).toEqual([
    'return a <= b or (c + d) * e ~= f',
    'return a < b and (c + d) * e ~= f',
    'return a <= b and (c + d) * e == f',
    'return a <= b and (c + d) / e ~= f',
    'return a <= b and (c - d) * e ~= f',
  ]);
  expect(becomes('if f(x) then return a elseif b < c then return d end', 'condition')).toEqual([
    'if not (f(x)) then return a elseif b < c then return d end',
    'if f(x) then return a elseif not (b < c) then return d end',
  ]);
});

it('is off by one, and doubles what is large; arguments and parts of replies it does not mix up', () => {
  expect(becomes('return list(KEYS[1], reply[2], 3, 1000)')).toEqual([
    'return list(KEYS[1], reply[2], 4, 1000)',
    'return list(KEYS[1], reply[2], 2, 1000)',
    'return list(KEYS[1], reply[2], 3, 2000)',
  ]);
  expect(becomes("return redis.call('ZRANGE', key, '(' .. low, '-1')", 'text')).toEqual([
    "return redis.call('ZRANGE', key, '' .. low, '-1')",
    "return redis.call('ZRANGE', key, '(' .. low, '0')",
  ]);
});

it('leaves out calls and assignments, halves times to live or leaves them out, and forgets conditions', () => {
  expect(becomes("redis.call('PEXPIRE', key, ttl, 'GT') x = 1", 'call', 'assignment', 'expiry', 'option')).toEqual([
    ' x = 1',
    "redis.call('PEXPIRE', key, math.floor((ttl) / 2), 'GT') x = 1",
    "redis.call('PEXPIRE', key, ttl) x = 1",
    "redis.call('PEXPIRE', key, ttl, 'GT') ",
  ]);
  expect(becomes("redis.call('SET', key, text, 'PX', a + b)", 'expiry')).toEqual([
    "redis.call('SET', key, text)",
    "redis.call('SET', key, text, 'PX', math.floor((a + b) / 2))",
  ]);
});

it('leaves alone what TypeScript puts in', () => {
  const source = script('${FUNCTIONS}\nif seq % ${String(64)} == 0 then f(seq) end\n');
  expect(findMutants(source).map(({ name }) => name)).toEqual([
    'if seq % ${String(64)} == 0 then f(seq) end → if seq % ${String(64)} ~= 0 then f(seq) end',
    'if seq % ${String(64)} == 0 then f(seq) end → if seq * ${String(64)} == 0 then f(seq) end',
    'if seq % ${String(64)} == 0 then f(seq) end → if seq % ${String(64)} == 1 then f(seq) end',
    'if seq % ${String(64)} == 0 then f(seq) end → if seq % ${String(64)} == 0 then end',
  ]);
});

it('finds what stands around functions that a branch takes in', () => {
  expect(becomes('if a < b then\n  ${FUNCTIONS}\n  f(a)\nend', 'comparison', 'call')).toEqual([
    'if a <= b then\n  ${FUNCTIONS}\n  f(a)\nend',
    'if a < b then\n  ${FUNCTIONS}\n  \nend',
  ]);
});

it('turns a condition about what TypeScript puts in, and leaves that as it is', () => {
  const source = script('\nif seq % ${String(EVERY)} < n or #text > ${String(LONG)} then\n  ${FUNCTIONS}\n  f(a)\nend');
  const turned = findMutants(source).find(({ kind }) => kind === 'condition');
  if (turned === undefined) throw new Error('nothing was found');
  expect(turned.name).toBe(
    'if seq % ${String(EVERY)} < n or #text > ${String(LONG)} then → if not (seq % ${String(EVERY)} < n or #text > ${String(LONG)}) then',
  );
  const planted = plant(source, turned.edit);
  const lua = '\nif seq % 16 < n or #text > 1024 then\n  local function f(x) end\n  f(a)\nend';
  expect(plantIn(lua, planted)).toBe(lua.replace('seq % 16 < n or #text > 1024', 'not (seq % 16 < n or #text > 1024)'));
  const another = '\nif seq % 16 < n then f(a) end';
  expect(plantIn(another, planted)).toBe(another);
});

it('leaves out a call with what TypeScript puts into it, and halves such a time to live', () => {
  const source = script("redis.call('EXPIRE', key, ${String(TTL)}) f('$&', '($1)')");
  const planted = findMutants(source).map(({ edit }) =>
    plantIn("redis.call('EXPIRE', key, 60) f('$&', '($1)')", plant(source, edit)),
  );
  expect(planted).toEqual([
    " f('$&', '($1)')",
    "redis.call('EXPIRE', key, math.floor((60) / 2)) f('$&', '($1)')",
    "redis.call('EXPIRE', key, 60) ",
  ]);
});

it('tells by its name which of two equal lines is meant', () => {
  const names = findMutants(script('\nf(a)\nf(a)\n')).map(({ name }) => name);
  expect(names).toEqual(['f(a) → ', 'f(a) →  (2)']);
});

it('changes the piece of a script that stands between what TypeScript puts in, and lets no loop run for ever', () => {
  const source = script('${FUNCTIONS}while a < b do f() end return ${MORE} + 1');
  const [first] = findMutants(source);
  if (first === undefined) throw new Error('nothing was found');
  const { from, to } = plant(source, first.edit);
  expect(from).toEqual(['while a < b do f() end return ']);
  expect(to).toMatch(/^local turns = 0 while not \(a < b\) do turns = turns \+ 1 if .* end f\(\) end return $/);
});
