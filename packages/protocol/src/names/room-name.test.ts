import { describe, expect, test } from 'vitest';

import {
  ALL_ROOM,
  inboxOf,
  isAccountName,
  isAssignableUserName,
  isInbox,
  isRoomName,
  isRoomPattern,
  isUserName,
} from '../index.ts';
import { SeededRandom } from '../testing/seeded-random.ts';

const RUNS = 20_000;
const SEED = 38;

/** Names of users and rooms alike. */
const GOOD = [
  'a',
  '0',
  'Ann',
  'Room1',
  'auth0|5f7c8ec7c33c6c004bbafe82',
  'ann@example.org',
  '8f14e45f_Ceea',
  'https://issuer.example/users/42?x=1#me',
  'CN=Ann Lee,OU=Sales,O=Example\\, Inc.',
  'news/Sports',
  'a.b_c:d-e',
  '.hidden',
  '-a',
  '_a',
  '../etc',
  'a{b}',
  '{}',
  'a b',
  '"quoted"',
  "o'neill",
  '<b>bold</b>',
  '\\',
  '%2F',
  '?',
  '[a-z]',
  '__proto__',
  'constructor',
  'комната',
  '部屋',
  'غرفة',
  'कक्ष',
  'می‌خواهم',
  'é',
  'Å',
  'ﬁ',
  '👩‍🚀',
  '❤️‍🔥',
  '1️⃣',
  '🏳️‍🌈 parade',
  '葛󠄀',
  'x'.repeat(128),
  'é'.repeat(64),
  '😀'.repeat(32),
];

const BAD: readonly (readonly [why: string, name: string])[] = [
  ['nothing', ''],
  ['129 characters', 'x'.repeat(129)],
  ['65 characters of two bytes', 'é'.repeat(65)],
  ['33 characters of four bytes', '😀'.repeat(33)],
  ['NUL', 'a\u0000b'],
  ['a line feed', 'a\n'],
  ['a tab', 'a\tb'],
  ['DEL', 'a\u007f'],
  ['a control character past ASCII', 'a\u0085b'],
  ['a line separator', 'a\u2028b'],
  ['half a surrogate pair', 'a\ud83d'],
  ['the other half', '\ude00a'],
  ['both halves, the wrong way round', '\ude00\ud83d'],
  ['a code point that is no character', 'a\uffff'],
  ['another one', 'a\ufdd0'],
  ['a byte order mark', '\ufeffa'],
  ['a space of no width', 'a\u200bb'],
  ['a soft hyphen', 'a\u00adb'],
  ['a word joiner', 'a\u2060b'],
  ['a filler that cannot be seen', 'a\u3164'],
  ['hidden tags', `a${String.fromCodePoint(0xe0041)}`],
  ['an override of direction', 'a\u202eb'],
  ['an isolate of direction', 'a\u2066b\u2069'],
  ['a mark of direction', 'a\u200eb'],
  ['a joiner that joins nothing', 'a\u200db'],
  ['a joiner at the end', 'क\u200d'],
  ['a joiner alone', '\u200d'],
  ['joiners in a row', '👩\u200d\u200d🚀'],
  ['a non-joiner between Latin letters', 'a\u200cb'],
  ['a variation selector behind a letter', 'a\ufe0f'],
  ['a variation selector alone', '\ufe0f'],
  ['variation selectors in a row', '❤\ufe0f\ufe0f'],
  ['a space in front', ' a'],
  ['a space behind', 'a '],
  ['nothing but a space', ' '],
  ['a wide space behind', 'a\u3000'],
  ['what is not in NFC', 'e\u0301'],
  ['Hangul that is not composed', '\u1100\u1161'],
  ['an old form of Å', '\u212b'],
  ['a star', 'a*'],
  ['a star alone', '*'],
];

describe.each([
  ['a user', isUserName],
  ['a room', isRoomName],
  ['an inbox', (name: string) => isRoomName(inboxOf(name))],
])('the name of %s', (_, isName) => {
  test.each(GOOD)('may be %s', (name) => {
    expect(isName(name)).toBe(true);
  });

  test.each(BAD)('may not have %s: %j', (_why, name) => {
    expect(isName(name)).toBe(false);
  });

  test('is what the rule says, for random text', () => {
    const random = new SeededRandom(SEED);
    let good = 0;
    for (let run = 0; run < RUNS; run++) {
      const name = randomName(random);
      expect(isName(name), JSON.stringify(name)).toBe(isNameByRule(name));
      if (isName(name)) good += 1;
    }
    expect(good).toBeGreaterThan(RUNS / 20);
    expect(good).toBeLessThan(RUNS - RUNS / 20);
  });
});

/** The rule of docs/PROTOCOL.md §2, character by character. */
function isNameByRule(name: string): boolean {
  const points = Array.from(name);
  const isJoiner = (point: string | undefined): boolean => point === '\u200c' || point === '\u200d';
  const isSelector = (point: string | undefined): boolean =>
    point !== undefined && /\p{Variation_Selector}/u.test(point);
  const isAscii = (point: string): boolean => (point.codePointAt(0) ?? 0) < 0x80;
  const isGood = (point: string, i: number): boolean => {
    const [before, after] = [points[i - 1], points[i + 1]];
    if (isJoiner(point)) {
      if (before === undefined || after === undefined || isAscii(before) || isAscii(after)) return false;
      return !isJoiner(before) && !isJoiner(after) && !isSelector(after);
    }
    if (isSelector(point)) {
      if (before === undefined || isJoiner(before) || isSelector(before)) return false;
      return !isAscii(before) || '0123456789#*'.includes(before);
    }
    return !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb*]/u.test(
      point,
    );
  };
  const bytes = Buffer.byteLength(name);
  return bytes >= 1 && bytes <= 128 && points.every(isGood) && name.trim() === name && name.normalize('NFC') === name;
}

function randomName(random: SeededRandom): string {
  const length = 1 + random.below(random.chance(8) ? 80 : 6);
  const name = Array.from({ length }, () => randomCharacter(random)).join('');
  // What an @ in front means differs.
  return name.replace(/^@/, 'a');
}

function randomCharacter(random: SeededRandom): string {
  switch (random.below(6)) {
    case 0:
      return String.fromCodePoint(random.below(0x80));
    case 1:
      return String.fromCodePoint(random.below(0x3000));
    case 2:
      return random.pick(['\u200d', '\ufe0f', '\u0301', '\u202e', '*', ' ', '\ud83d', '1', 'e', '\u{e0100}']);
    case 3:
      return random.pick(['👩', '❤', 'क', '\u094d', 'ᄀ', 'ᅡ', 'é', 'Å']);
    default:
      return random.text('abcXYZ019._-/:@|', 1);
  }
}

describe('the name of a room', () => {
  test('of an inbox is that of a user, and @all is none', () => {
    expect(inboxOf('ann')).toBe('@ann');
    expect(isInbox('@ann')).toBe(true);
    expect(isInbox(ALL_ROOM)).toBe(false);
    expect(isInbox('ann')).toBe(false);
    expect(isRoomName(ALL_ROOM)).toBe(true);
  });

  test.each(['@', '@@', `@${'x'.repeat(129)}`, '@ ann', '@*'])('in front of which is an @ is not %j', (name) => {
    expect(isRoomName(name)).toBe(name === '@@');
  });

  test('of the longest inbox is a byte longer than that of its user', () => {
    expect(isRoomName(inboxOf('u'.repeat(128)))).toBe(true);
    expect(isRoomName('u'.repeat(129))).toBe(false);
  });
});

describe('a pattern of rooms', () => {
  test.each(['*', '@*', 'news/*', '*-log', 'a*b*c', 'комната.*', '@auth0|*', 'lobby', '@all', '**'])(
    'may be %s',
    (pattern) => {
      expect(isRoomPattern(pattern)).toBe(true);
    },
  );

  test.each(['', '@', 'a\n*', '* ', `${'x'.repeat(128)}*`, 'e\u0301*', 'a\u202e*'])('may not be %j', (pattern) => {
    expect(isRoomPattern(pattern)).toBe(false);
  });

  test('is no name where it has a star, so that no name is a pattern of others', () => {
    for (const pattern of ['*', '@*', 'news/*']) expect(isRoomName(pattern)).toBe(false);
  });
});

describe('a name that a user may bear', () => {
  test('is not that whose inbox is everybody, nor that of the server; case counts', () => {
    expect(['all', 'server'].map(isUserName)).toEqual([true, true]);
    expect(['all', 'server'].map(isAssignableUserName)).toEqual([false, false]);
    expect(['ann', 'Ann', 'All', '@all', 'auth0|1'].every(isAssignableUserName)).toBe(true);
  });
});

describe('the name of an account', () => {
  test.each(['ann', '0', 'a.b_c:d-e', 'x'.repeat(127)])('may be %s', (name) => {
    expect(isAccountName(name)).toBe(true);
  });

  test.each(['', 'Ann', 'аnn', 'ann lee', 'ann@example.org', '.ann', 'x'.repeat(128), 'all', 'server', 'guest-1'])(
    'may not be %j',
    (name) => {
      expect(isAccountName(name)).toBe(false);
    },
  );
});
