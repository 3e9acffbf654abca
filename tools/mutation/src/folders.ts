import { mutateTypeScript } from './mutate-typescript.ts';
import type { Suite } from './suite.ts';

const gateway = (folder: string) => `services/gateway/src/${folder}`;

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
    tests: ['rooms', 'memberships'].map(gateway),
  }),
  identity: mutateTypeScript({
    is: 'who somebody is found to be, and what they may',
    sources: [gateway('identity')],
    tests: [gateway('identity')],
  }),
  'order-book': mutateTypeScript({
    is: 'a book without any I/O',
    sources: ['packages/order-book/src'],
    tests: ['packages/order-book/src'],
  }),
};
