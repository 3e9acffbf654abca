import { Encoding } from '@outcry/protocol';

import { createCentrifugo } from './centrifugo.ts';
import type { Contestant } from './contestant.ts';
import { createGorilla } from './gorilla.ts';
import { BARE_UWS, SOCKET_IO, WS_IOREDIS } from './node-servers.ts';
import { createOutcry } from './outcry.ts';

/** Everybody, in the order in which they are shown. The first is what the others are compared with. */
export const CONTESTANTS: readonly Contestant[] = [
  BARE_UWS,
  createOutcry({ encoding: Encoding.Msgpack }),
  createOutcry({ encoding: Encoding.Json }),
  WS_IOREDIS,
  SOCKET_IO,
  createGorilla(),
  createCentrifugo(),
];
