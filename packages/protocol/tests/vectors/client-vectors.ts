import type { VectorSource } from './vector-source.ts';
import { Both, Raw, struct } from './wire-values.ts';

const position = struct({ epoch: 'V7c-2LxT', seq: 4_294_967_296 });

/** Requests: fields in the document's order, `undefined` where absent. */
export const CLIENT_VECTORS: readonly VectorSource[] = [
  ['auth', 1, 'auth', { id: 1, token: 'ann' }],
  ['auth without an id', 1, 'auth', { id: undefined, token: 'ann' }],
  ['auth with a long token', 1, 'auth', { id: 'a', token: 't'.repeat(300) }],
  ['join', 2, 'join', { id: 7, room: 'lobby', since: position, history: 20, echo: false, presence: true }],
  ['join with only a room', 2, 'join', { id: undefined, room: 'lobby' }],
  ['join with since', 2, 'join', { id: 127, room: 'lobby', since: position }],
  ['join with history', 2, 'join', { id: 128, room: 'lobby', since: undefined, history: 0 }],
  ['join with echo', 2, 'join', { id: 255, room: '@ann', since: undefined, history: undefined, echo: true }],
  [
    'join with presence',
    2,
    'join',
    { id: 256, room: '@all', since: undefined, history: undefined, echo: undefined, presence: false },
  ],
  ['leave', 3, 'leave', { id: 65_535, room: 'a:b.c_d-e' }],
  ['leave without an id', 3, 'leave', { id: undefined, room: '0' }],
  ['publish', 4, 'publish', { id: 65_536, room: 'lobby', data: { text: 'hi' }, key: 'ann-1' }],
  ['publish without id and key', 4, 'publish', { id: undefined, room: 'lobby', data: 'é€😀' }],
  ['publish null', 4, 'publish', { id: 4_294_967_295, room: 'lobby', data: null }],
  [
    'publish numbers',
    4,
    'publish',
    { id: 4_294_967_296, room: 'lobby', data: [0, -1, -32, -33, -129, -32_769, 1.5, -0.25] },
  ],
  [
    'publish wide integers',
    4,
    'publish',
    {
      id: 9_007_199_254_740_991,
      room: 'lobby',
      data: new Both(
        [9_007_199_254_740_991, -9_007_199_254_740_991, 4_294_967_296, -2_147_483_649],
        [
          new Raw('cf001fffffffffffff'),
          new Raw('d3ffe0000000000001'),
          new Raw('cf0000000100000000'),
          new Raw('d3ffffffff7fffffff'),
        ],
      ),
    },
  ],
  ['publish floats past 2^53', 4, 'publish', { id: 1, room: 'lobby', data: [1e300, -1e21] }],
  [
    'publish nested',
    4,
    'publish',
    { id: 'publish-1', room: 'lobby', data: { a: [true, false, null, []], b: {}, ключ: [[[]]] }, key: '!~' },
  ],
  ['publish a long array', 4, 'publish', { id: '', room: 'lobby', data: Array.from({ length: 16 }, (_, i) => i * 16) }],
  ['publish to an inbox', 4, 'publish', { id: 0, room: '@bob', data: 'x'.repeat(32) }],
  ['signal', 5, 'signal', { id: 1, room: 'lobby', name: 'typing', data: { at: 3 } }],
  ['signal without data', 5, 'signal', { id: undefined, room: 'lobby', name: 'aB3._-' }],
  ['members', 6, 'members', { id: 1, room: 'lobby' }],
  ['members without an id', 6, 'members', { id: undefined, room: 'lobby' }],
  ['history', 7, 'history', { id: 1, room: 'lobby', before: 43, limit: 1000 }],
  ['history without id and before', 7, 'history', { id: undefined, room: 'lobby', before: undefined, limit: 1 }],
  ['subscribe', 8, 'subscribe', { id: 3, symbol: 'BTCUSDT', depth: 10, interval: 100 }],
  ['subscribe without an id', 8, 'subscribe', { id: undefined, symbol: 'BTC/USD:X-1', depth: 0, interval: 0 }],
  ['subscribe to a venue’s own name', 8, 'subscribe', { id: 5, symbol: 'kPEPE_币-27DEC24', depth: 1, interval: 0 }],
  [
    'subscribe to several symbols, with checksums',
    8,
    'subscribe',
    { id: 3, symbol: undefined, depth: 10, interval: 100, symbols: ['BTCUSDT', 'no symbol é'], checksum: true },
  ],
  [
    'subscribe without checksums, in so many words',
    8,
    'subscribe',
    { id: 3, symbol: 'BTCUSDT', depth: 10, interval: 100, symbols: undefined, checksum: false },
  ],
  ['unsubscribe', 9, 'unsubscribe', { id: 4, symbol: 'BTCUSDT', depth: 100, interval: 2000 }],
  ['unsubscribe without an id', 9, 'unsubscribe', { id: undefined, symbol: 'BTCUSDT', depth: 25, interval: 250 }],
  [
    'unsubscribe from several symbols',
    9,
    'unsubscribe',
    {
      id: undefined,
      symbol: undefined,
      depth: 0,
      interval: 0,
      symbols: Array.from({ length: 16 }, (_, i) => `S${String(i)}`),
    },
  ],
  ['symbols', 10, 'symbols', { id: 5 }],
  ['symbols without an id', 10, 'symbols', {}],
  ['ping', 11, 'ping', { id: 'ping' }],
  ['ping without an id', 11, 'ping', {}],
];
