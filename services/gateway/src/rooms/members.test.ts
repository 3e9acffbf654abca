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
