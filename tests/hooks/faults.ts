import { setTimeout as delay } from 'node:timers/promises';

import type { HookServer } from '@outcry/testkit';

const SLOW_MS = 2000;

/** What becomes of an operator's server, and how it ends. */
export interface Fault {
  readonly name: string;
  readonly begin: (server: HookServer) => Promise<void> | void;
  readonly end: (server: HookServer) => Promise<void> | void;
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'slow (2 s)',
    begin: (server) => {
      server.answer('publish', async () => {
        await delay(SLOW_MS);
        return { json: { allow: true } };
      });
    },
    end: (server) => {
      server.reset();
    },
  },
  {
    name: 'erroring',
    begin: (server) => {
      server.answer('publish', () => ({ status: 500, text: 'no' }));
    },
    end: (server) => {
      server.reset();
    },
  },
  { name: 'away', begin: (server) => server.goAway(), end: (server) => server.comeBack() },
];
