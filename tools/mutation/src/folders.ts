import { mutateTypeScript } from './mutate-typescript.ts';
import type { Suite } from './suite.ts';

const gateway = (folder: string) => `services/gateway/src/${folder}`;

const SESSION_TESTS = ['session', 'memberships', 'reception'].map(gateway);
/** Half of what a session is, and half of the time that all of it would take. */
const REQUESTS = [
  gateway('session/handlers'),
  ...['answers', 'asked-requests', 'calls', 'held-requests'].map((file) => `${gateway('session')}/${file}.ts`),
];

const WORKER = 'packages/worker/src';
const LEADING = ['leases/held-lease', 'pacing/reconcile-loop'];

/**
 * What `npm run test:mutation -- <folder>` takes, and who runs it. Tests are those that somebody would look at after a change to the
 * folder: its own, and those that go through it; with all tests of the gateway a run would take hours.
 */
export const FOLDERS: Readonly<Record<string, Suite>> = {
  limits: mutateTypeScript({
    is: 'rates and counts of the gateway',
    sources: [gateway('limits')],
    tests: [gateway('limits')],
  }),
  fanout: mutateTypeScript({
    is: 'one topic per stream and encoding',
    sources: [gateway('fanout')],
    tests: [gateway('fanout')],
  }),
  presence: mutateTypeScript({
    is: 'who is in which room, on one node',
    sources: [gateway('presence')],
    tests: [gateway('presence')],
  }),
  rooms: mutateTypeScript({
    is: 'members, relay and catch-up of rooms',
    sources: [gateway('rooms')],
    // Of the memberships, that which holds what is read against what comes live. The others go through all of it, slowly.
    tests: [gateway('rooms'), `${gateway('memberships')}/going-live.test.ts`],
  }),
  identity: mutateTypeScript({
    is: 'who somebody is found to be, and what they may',
    sources: [gateway('identity')],
    tests: [gateway('identity')],
  }),
  books: mutateTypeScript({
    is: 'replicas of books, and their classes',
    sources: [gateway('books')],
    tests: [gateway('books')],
  }),
  session: mutateTypeScript({
    is: 'a session, its rights and its rates',
    sources: [gateway('session')],
    without: REQUESTS,
    tests: SESSION_TESTS,
  }),
  'session-requests': mutateTypeScript({
    is: 'what a client asks for, decided and answered, and what the operator’s server is asked first',
    sources: REQUESTS,
    tests: SESSION_TESTS,
  }),
  'broker-sequence': mutateTypeScript({
    is: 'order, repair and recovery of rooms, and how long answers may take',
    sources: [
      'packages/broker/src/rooms/sequencer.ts',
      ...[
        'health/recovery',
        'connection/heartbeat',
        'health/loopback',
        'pacing/keyed-queue',
        'connection/command-deadlines',
        'pacing/answer-limit',
      ].map((file) => `packages/broker/src/redis/${file}.ts`),
    ],
    tests: ['packages/broker/src/rooms', 'packages/broker/src/redis'],
  }),
  'broker-presence': mutateTypeScript({
    is: 'leases of who is in which room',
    sources: ['lease-keeper', 'member-ledger', 'writer', 'reaper', 'memory-table'].map(
      (file) => `packages/broker/src/presence/${file}.ts`,
    ),
    // Without the contract suite: it waits for leases to run out, seconds for each fault, where these have time in their hand.
    tests: ['packages/broker/src/presence'],
  }),
  leadership: mutateTypeScript({
    is: 'who publishes which symbol, and the lease and the loop that partitions have, too',
    sources: ['services/feed-publisher/src/leadership', ...LEADING.map((file) => `${WORKER}/${file}.ts`)],
    tests: ['services/feed-publisher/src/leadership', ...LEADING.map((file) => `${WORKER}/${file}.test.ts`)],
  }),
  'client-core': mutateTypeScript({
    is: 'the state machine of the client',
    sources: ['packages/client/src/core'],
    tests: [
      'packages/client/src/core',
      ...['client', 'client-connection', 'client-history', 'client-methods', 'server-rooms'].map(
        (file) => `packages/client/src/${file}.test.ts`,
      ),
    ],
  }),
  codec: mutateTypeScript({
    is: 'frames in both encodings',
    sources: ['packages/protocol/src/codec'],
    tests: ['packages/protocol/src/codec'],
  }),
  'order-book': mutateTypeScript({
    is: 'a book without any I/O',
    sources: ['packages/order-book/src'],
    tests: ['packages/order-book/src'],
  }),
};
