import type { VectorSource } from './vector-source.ts';
import { Both, seq, structs } from './wire-values.ts';

const instruments = [
  {
    symbol: 'BTCUSDT',
    priceScale: 2,
    sizeScale: 5,
    depths: [0, 1, 10, 25, 50, 100],
    intervals: [0, 100, 250, 1000, 2000],
  },
  { symbol: 'JPY-X', priceScale: 0, sizeScale: 0, depths: [], intervals: [] },
  { symbol: 'kPEPE', priceScale: 6, sizeScale: 0, depths: [0], intervals: [0], kind: 'live' },
];

/** Who somebody is, as an identity provider says it. */
const info = { name: 'Cy Ünal "<b>', picture: 'https://img.example/cy.png' };

const messages = new Both(
  [
    { type: 'message', room: 'lobby', from: 'bob', at: 1_732_103_990_123, data: { text: 'hi' }, seq: 41 },
    { type: 'message', room: 'lobby', from: 'cy', at: 1_732_103_995_456, data: null, seq: 42, info },
  ],
  [
    [36, 'lobby', 'bob', 1_732_103_990_123, { text: 'hi' }, seq(41)],
    [36, 'lobby', 'cy', 1_732_103_995_456, null, seq(42), info],
  ],
);

/** Book sides: scales 2 and 5 where both sides have levels. */
const bids = new Both(
  [
    ['61837.63', '3.78826'],
    ['61837.00', '0.00001'],
  ],
  [
    [6_183_763, 378_826],
    [6_183_700, 1],
  ],
);
const asks = new Both([['61837.64', '0.00000']], [[6_183_764, 0]]);
const bookClass = { symbol: 'BTCUSDT', depth: 10, interval: 100 };
const times = { venueAt: 1_732_104_000_100, at: 1_732_104_000_107, venueSeq: 50_093_239_218 };
const ack = {
  id: undefined,
  user: undefined,
  expiresAt: undefined,
  count: undefined,
  members: undefined,
  messages: undefined,
  instruments: undefined,
};

/** Frames of the server: fields in the document's order, `undefined` where absent. */
export const SERVER_VECTORS: readonly VectorSource[] = [
  [
    'welcome',
    32,
    'welcome',
    {
      connection: 'gw1-k3x9',
      node: 'gw1',
      user: 'ann',
      at: 1_732_104_000_000,
      heartbeatMs: 25_000,
      resumeWindowMs: 600_000,
      maxFrameBytes: 16_384,
      maxRooms: 128,
      maxSubscriptions: 64,
    },
  ],
  [
    'welcome of a session that expires',
    32,
    'welcome',
    {
      connection: 'gw1-k3x9',
      node: 'gw1',
      user: 'ann',
      at: 1_732_104_000_000,
      heartbeatMs: 25_000,
      resumeWindowMs: 600_000,
      maxFrameBytes: 16_384,
      maxRooms: 128,
      maxSubscriptions: 64,
      expiresAt: 1_732_107_600_000,
    },
  ],
  [
    'welcome that tells how much may be sent',
    32,
    'welcome',
    {
      connection: 'gw1-k3x9',
      node: 'gw1',
      user: 'auth0|5f7c8ec7c33c6c004bbafe82',
      at: 1_732_104_000_000,
      heartbeatMs: 25_000,
      resumeWindowMs: 600_000,
      maxFrameBytes: 16_384,
      maxRooms: 128,
      maxSubscriptions: 64,
      expiresAt: undefined,
      maxFramesPerSecond: 50,
      maxFrameBurst: 100,
      maxBytesPerSecond: 262_144,
      maxByteBurst: 524_288,
      maxJoinsPerSecond: 20,
      maxJoinBurst: 128,
      maxSignalsPerSecond: 10,
      maxSignalBurst: 20,
      maxControlFramesPerSecond: 0,
      maxControlFrameBurst: 0,
      maxAnswerBytesPerSecond: 1_048_576,
      maxAnswerByteBurst: 16_777_216,
      maxCallsPerSecond: 10,
      maxCallBurst: 20,
    },
  ],
  ['ack with only an id', 33, 'ack', { id: 1 }],
  ['ack without anything', 33, 'ack', {}],
  ['ack of auth', 33, 'ack', { id: 'a', user: 'ann', expiresAt: 1_732_104_000_000 }],
  ['ack of auth that does not expire', 33, 'ack', { id: 2, user: 'ann' }],
  [
    'ack of members',
    33,
    'ack',
    {
      id: 3,
      user: undefined,
      expiresAt: undefined,
      count: 3,
      members: structs([
        { user: 'ann', connections: 1 },
        { user: 'bob', connections: 300 },
        { user: 'cy', connections: 1, info },
      ]),
    },
  ],
  ['ack of history', 33, 'ack', { ...ack, id: 4, messages, epoch: 'V7c-2LxT', seq: seq(42) }],
  ['ack of a page of history', 33, 'ack', { ...ack, id: 4, messages, epoch: 'V7c-2LxT', seq: seq(42), more: true }],
  ['ack of an empty history', 33, 'ack', { ...ack, id: 4, messages: [], epoch: 'V7c-2LxT', seq: seq(0) }],
  [
    'ack of symbols',
    33,
    'ack',
    {
      ...ack,
      id: 5,
      instruments: new Both(
        instruments,
        instruments.map((item) => Object.values(item)),
      ),
    },
  ],
  ['ack of publish', 33, 'ack', { ...ack, id: 6, epoch: 'V7c-2LxT', seq: seq(43) }],
  ['ack of publish, far on', 33, 'ack', { ...ack, id: undefined, epoch: 'V7c-2LxT', seq: seq(9_007_199_254_740_991) }],
  ['error', 34, 'error', { id: 7, code: 'badRequest', message: 'room: expected "a" \\ é\n', retryable: false }],
  ['error without an id', 34, 'error', { id: undefined, code: 'unavailable', message: '', retryable: true }],
  [
    'error of a room that was left',
    34,
    'error',
    { id: undefined, code: 'forbidden', message: 'no right', retryable: false, room: 'vault' },
  ],
  [
    'error with a hint when to come back',
    34,
    'error',
    { id: 8, code: 'unavailable', message: 'busy', retryable: true, room: undefined, retryInMs: 1000 },
  ],
  ['joined', 35, 'joined', { id: 1, room: 'lobby', epoch: 'V7c-2LxT', recovered: true, members: 12, seq: seq(43) }],
  [
    'joined on connect',
    35,
    'joined',
    { id: undefined, room: '@ann', epoch: 'p8W2nq4A', recovered: false, members: undefined, seq: seq(0) },
  ],
  [
    'message',
    36,
    'message',
    { room: 'lobby', from: 'ann', at: 1_732_104_001_000, data: { text: 'é😀' }, seq: seq(44) },
  ],
  [
    'message with info',
    36,
    'message',
    { room: 'lobby', from: 'cy', at: 1_732_104_001_000, data: { text: 'hi' }, seq: seq(45), info },
  ],
  [
    'message in a room and by a user with all kinds of signs',
    36,
    'message',
    { room: 'a","seq":0,"x":"\\', from: 'Ann "Lee" <b>é😀', at: 1, data: 1, seq: seq(2) },
  ],
  ['message of null', 36, 'message', { room: '@ann', from: 'bob', at: 0, data: null, seq: seq(1) }],
  [
    'message of an array',
    36,
    'message',
    { room: 'lobby', from: 'x', at: 1, data: [1, -2.5, 'z', [{}]], seq: seq(4_294_967_296) },
  ],
  ['signal', 37, 'signal', { room: 'lobby', from: 'ann', name: 'typing', data: { at: 3 } }],
  ['signal by a user with all kinds of signs', 37, 'signal', { room: 'a/b', from: '"}\\', name: 'typing', data: [] }],
  ['signal without data', 37, 'signal', { room: 'lobby', from: 'ann', name: 'typing' }],
  ['member joined', 38, 'member', { room: 'lobby', user: 'ann', change: 'joined', count: 2 }],
  [
    'member with an address for a name',
    38,
    'member',
    { room: 'комната', user: 'ann@example.org', change: 'joined', count: 1 },
  ],
  ['member joined with info', 38, 'member', { room: 'lobby', user: 'cy', change: 'joined', count: 3, info }],
  ['member left', 38, 'member', { room: 'lobby', user: 'ann', change: 'left', count: 0 }],
  [
    'snapshot',
    39,
    'snapshot',
    {
      ...bookClass,
      epoch: 'm3Kq0sYb',
      priceScale: 2,
      sizeScale: 5,
      bids,
      asks,
      ...times,
      checksum: 4_294_967_295,
      seq: seq(700),
    },
  ],
  [
    'snapshot of an empty book',
    39,
    'snapshot',
    {
      ...bookClass,
      epoch: 'm3Kq0sYb',
      priceScale: 2,
      sizeScale: 5,
      bids: [],
      asks: [],
      ...times,
      checksum: undefined,
      seq: seq(0),
    },
  ],
  [
    'snapshot of a book that is played back',
    39,
    'snapshot',
    {
      ...bookClass,
      epoch: 'm3Kq0sYb',
      priceScale: 2,
      sizeScale: 5,
      bids,
      asks,
      ...times,
      checksum: undefined,
      seq: seq(702),
      kind: 'replay',
    },
  ],
  ['delta', 40, 'delta', { ...bookClass, bids, asks, ...times, checksum: 7, prev: 700, seq: seq(701) }],
  [
    'delta without changes',
    40,
    'delta',
    { ...bookClass, bids: [], asks: [], ...times, checksum: undefined, prev: 0, seq: seq(1) },
  ],
  ['heartbeat', 41, 'heartbeat', { ...bookClass, seq: seq(701) }],
  ['stale room', 42, 'stale', { room: 'lobby' }],
  ['stale book', 42, 'stale', { room: undefined, symbol: 'BTCUSDT' }],
  ['fresh room', 43, 'fresh', { room: 'lobby' }],
  ['fresh book', 43, 'fresh', { room: undefined, symbol: 'BTCUSDT' }],
  ['reset', 44, 'reset', { room: 'lobby', epoch: 'V7c-2LxT', seq: seq(50) }],
  ['reset recovered', 44, 'reset', { room: 'lobby', epoch: 'V7c-2LxT', seq: seq(50), recovered: true }],
  ['lagging', 45, 'lagging', { bufferedBytes: 262_145 }],
  ['draining', 46, 'draining', { reconnectInMs: 1234 }],
  ['draining, open for a while', 46, 'draining', { reconnectInMs: 0, openForMs: 10_000 }],
  ['draining, of some clients', 46, 'draining', { reconnectInMs: 0, openForMs: 60_000, stays: true }],
  [
    'results',
    48,
    'results',
    {
      id: 3,
      results: new Both(
        [
          { symbol: 'BTCUSDT' },
          { symbol: 'NOPE é', error: { code: 'unknownSymbol', message: 'no book of NOPE é', retryable: false } },
          { symbol: 'ETHUSDT', error: { code: 'unavailable', message: '', retryable: true } },
        ],
        [
          ['BTCUSDT', null],
          ['NOPE é', ['unknownSymbol', 'no book of NOPE é', false]],
          ['ETHUSDT', ['unavailable', '', true]],
        ],
      ),
    },
  ],
  ['results without an id', 48, 'results', { id: undefined, results: new Both([{ symbol: 'X' }], [['X', null]]) }],
  ['reply', 49, 'reply', { id: 1, data: { order: 'A-1', fills: [1.5, -2] } }],
  ['reply without id and data', 49, 'reply', {}],
  ['left', 50, 'left', { room: 'lobby' }],
  ['pong', 47, 'pong', { id: 'ping', at: 1_732_104_000_000 }],
  ['pong without an id', 47, 'pong', { id: undefined, at: 1_732_104_000_000 }],
];
