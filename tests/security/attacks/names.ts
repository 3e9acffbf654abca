import type { WireRequest } from '@outcry/testkit';

import type { Attack } from '../support/attack.ts';
import { outcomeOfFrames } from '../support/outcome.ts';
import { foreignNames } from '../support/redis-names.ts';
import type { Target } from '../support/target.ts';

/** Names that would mean more to Redis, a shell or JavaScript than a name. */
const HOSTILE_NAMES = [
  'room}{x',
  '{p01}',
  'a*',
  '?',
  '[a-z]',
  'a\\*',
  'a\u0000b',
  'a\r\nFLUSHALL\r\n',
  'a b',
  '',
  '.',
  '../etc',
  'a/b',
  '__proto__',
  'constructor}',
  'Lobby',
  'раум',
  'a'.repeat(129),
  '@',
  '@all/../x',
  '@{x}',
];

const REQUESTS: readonly ((name: string) => WireRequest)[] = [
  (room) => ({ type: 'join', room }),
  (room) => ({ type: 'leave', room }),
  (room) => ({ type: 'publish', room, data: 1 }),
  (room) => ({ type: 'signal', room, name: 'typing' }),
  (room) => ({ type: 'members', room }),
  (room) => ({ type: 'history', room, limit: 1 }),
  (symbol) => ({ type: 'subscribe', symbol, depth: 10, interval: 100 }),
];

/** Those that would tell something of a room. */
const ASKING = REQUESTS.filter((requestOf) => ['join', 'members'].includes(requestOf('').type));

function attemptsOf(requests: readonly WireRequest[], expected: string) {
  return requests.flatMap((request) =>
    (['json', 'msgpack'] as const).map((encoding) => ({
      what: `${JSON.stringify(request)}, ${encoding}`,
      expected,
      run: (target: Target) =>
        outcomeOfFrames(target.session(encoding), (client) => {
          client.send({ ...request, id: 1 });
        }),
    })),
  );
}

export const NAME_ATTACKS: readonly Attack[] = [
  {
    name: 'names that would reach into Redis are refused, and no key or channel comes of them',
    attempts: () => [
      ...attemptsOf(
        HOSTILE_NAMES.flatMap((name) => REQUESTS.map((requestOf) => requestOf(name))),
        'error badRequest',
      ),
      ...attemptsOf(
        ['a b', 'a\u0000', 'k'.repeat(65), ''].map((key) => ({ type: 'publish', room: 'a', data: 1, key })),
        'error badRequest',
      ),
    ],
    inspect: foreignNames,
  },
  {
    name: 'inboxes of others are refused, whether those others exist or not',
    attempts: () =>
      attemptsOf(
        ['@bob', '@user-1'].flatMap((room) => ASKING.map((requestOf) => requestOf(room))),
        'error forbidden',
      ),
  },
];
