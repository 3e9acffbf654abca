import { expect, test } from 'vitest';

import { Members } from './members.ts';

interface Member {
  readonly connection: string;
  readonly membership: number;
}

const CONNECTIONS = ['a', 'b', 'c'];
const STEPS = 500;

test('are those that came and have not gone, one membership for each connection', () => {
  const members = new Members<Member>();
  const expected = new Map<string, Member>();
  // Each step adds or deletes one of three in an order that meets every state: none, one, several, and back.
  for (let step = 0; step < STEPS; step += 1) {
    const connection = CONNECTIONS[(step * 7 + Math.floor(step / 5)) % CONNECTIONS.length] ?? '';
    if (step % 5 < 2) {
      const member = { connection, membership: step };
      members.add(member);
      expected.set(connection, member);
    } else {
      expect(members.delete(connection)).toBe(expected.delete(connection));
    }
    expect(members.isEmpty).toBe(expected.size === 0);
    for (const name of CONNECTIONS) expect(members.get(name)).toBe(expected.get(name));
  }
});

test('are found when a second one comes, and when the first has gone', () => {
  const members = new Members<Member>();
  const ann = { connection: 'a', membership: 1 };
  const ben = { connection: 'b', membership: 2 };

  members.add(ann);
  members.add(ben);
  expect([members.get('a'), members.get('b')]).toEqual([ann, ben]);
  expect(members.delete('a')).toBe(true);
  expect([members.get('a'), members.get('b'), members.isEmpty]).toEqual([undefined, ben, false]);
});

test('are told from others also where there are none, or one', () => {
  const members = new Members<Member>();
  expect([members.isEmpty, members.get('a'), members.delete('a')]).toEqual([true, undefined, false]);
  const ann = { connection: 'a', membership: 1 };
  members.add(ann);
  expect([members.isEmpty, members.get('a'), members.get('b'), members.delete('b')]).toEqual([
    false,
    ann,
    undefined,
    false,
  ]);
  const again = { connection: 'a', membership: 2 };
  members.add(again);
  expect(members.get('a')).toBe(again);
  expect([members.delete('a'), members.isEmpty, members.get('a')]).toEqual([true, true, undefined]);
});

test('lose nobody who was the first of them', () => {
  const members = new Members<Member>();
  for (const connection of ['a', 'b']) members.add({ connection, membership: 1 });
  members.delete('b');
  expect(members.get('a')).toEqual({ connection: 'a', membership: 1 });
  members.delete('a');
  expect(members.isEmpty).toBe(true);
});
