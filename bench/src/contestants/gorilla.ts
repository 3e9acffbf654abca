import type { Contestant } from './contestant.ts';
import { buildGo, goVersion } from './go-toolchain.ts';
import { RAW_DIALECT } from './raw-dialect.ts';
import { ServerProcess } from './server-process.ts';

const NEWLINE = 0x0a;

/** The usual starting point in Go: a hub in one process, a channel for each member, no Redis. */
export function createGorilla(): Contestant {
  let executable = '';
  return {
    name: 'gorilla',
    label: 'gorilla/websocket hub',
    isClustered: false,
    dialect: { ...RAW_DIALECT, rules: { ...RAW_DIALECT.rules, batchSeparator: NEWLINE } },
    prepare: async () => {
      executable = await buildGo('gorilla', new URL('gorilla/', import.meta.url));
      return `1.5.3, ${await goVersion()}`;
    },
    start: () => ServerProcess.start({ command: executable, args: [], listening: /^listening (\d+)$/ }),
  };
}
