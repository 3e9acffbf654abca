import type { RawClient, WireRequest } from '@outcry/testkit';

import type { Attack } from '../support/attack.ts';
import { outcomeOfFrames, withConnection } from '../support/outcome.ts';
import { foreignNames } from '../support/redis-names.ts';
import type { Target } from '../support/target.ts';

/** No names, of rooms or of symbols. */
const NO_NAMES = [
  'a*',
  '*',
  'a\\*',
  'a\u0000b',
  'a\r\nFLUSHALL\r\n',
  'a\u2028b',
  'a\u202eb',
  'a\u200bb',
  'a ',
  '',
  'e\u0301',
  'a'.repeat(129),
  '@*',
];

/** Names that mean more to Redis, a shell, JSON or JavaScript than a name. To outcry they are names like others. */
const ODD_NAMES = [
  'room}{x',
  '{mm}:meta/lobby',
  '}',
  '?',
  '[a-z]',
  'a b',
  '.',
  '../etc',
  'a/b',
  '__proto__',
  'constructor}',
  'Lobby',
  'раум',
  '","type":"welcome","x":"',
  '\\u0000',
  '$(reboot)',
  "';--",
  '%2F%00',
];

/** What names a room or a symbol. */
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

/** Joins the room, says something with a key there, and hears it once. */
async function hearsItself(client: RawClient, room: string): Promise<string> {
  await client.expectAnswer('joined', { type: 'join', room, history: 0 });
  const { seq } = await client.expectAnswer('ack', {
    type: 'publish',
    room,
    data: room,
    key: `${client.encoding}{}/:`,
  });
  const heard = await client.next('message');
  return heard.room === room && heard.data === room && heard.seq === seq ? 'heard by itself' : JSON.stringify(heard);
}

export const NAME_ATTACKS: readonly Attack[] = [
  {
    name: 'names that would reach into Redis are refused, and no key or channel comes of them',
    attempts: () => [
      ...attemptsOf(
        NO_NAMES.flatMap((name) => REQUESTS.map((requestOf) => requestOf(name))),
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
    name: 'names that mean something elsewhere are names, and every key and channel stays where it belongs',
    attempts: () =>
      ODD_NAMES.flatMap((name) =>
        (['json', 'msgpack'] as const).map((encoding) => ({
          what: `${JSON.stringify(name)}, ${encoding}`,
          expected: 'heard by itself',
          run: (target: Target) =>
            withConnection(target.session(encoding), (client) => hearsItself(client, name + encoding)),
        })),
      ),
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
