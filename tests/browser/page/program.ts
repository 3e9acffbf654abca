import {
  type Client,
  type ClientStatus,
  connect,
  encryptWith,
  keyFromBytes,
  OutcryError,
  type PayloadCipher,
  type Position,
  type Room,
  type RoomEvent,
} from '@outcry/client';

import type {
  PageBook,
  PageJoinOptions,
  PageNews,
  PageOptions,
  PageProgram,
  PageReport,
  PageTimes,
  Settlement,
} from './contract.ts';

/** What a document and a window have of which Node's types know nothing. */
interface Platform {
  readonly document: EventTarget & { readonly visibilityState: string };
  readonly navigator: { readonly connection: EventTarget };
  addEventListener(type: string, listener: (event: { readonly persisted?: boolean }) => void): void;
  /** The test's ear: reports as JSON. */
  tellTest(reports: string): unknown;
  /** The machine's clock, whatever the page's own says. */
  trueNow(): number;
  outcry: PageProgram;
}

const platform = globalThis as unknown as Platform;
const KEY_BYTES = 32;
const LOOK_EVERY_MS = 100;
/** Less than what is called old. */
const OLD_MS = 1_000;

let reports: PageReport[] = [];
const { port1, port2 } = new MessageChannel();
port1.addEventListener('message', flush);
port1.start();

/** Reports of one turn go together, and no timer is involved: those of hidden pages are slow. */
function tell(news: PageNews): void {
  if (reports.push({ at: performance.now(), ...news }) === 1) port2.postMessage(undefined);
}

function flush(): void {
  if (reports.length === 0) return;
  platform.tellTest(JSON.stringify(reports));
  reports = [];
}

/** What a page that is about to stop has to say, it says at once. */
function tellPlatform(event: string): void {
  tell({ kind: 'platform', event });
  flush();
}

let client: Client;
let opened: PageOptions;
let attempts = 0;
let tokens = 0;
const rooms = new Map<string, Room>();
const cipher = keyFromBytes('k1', new Uint8Array(KEY_BYTES)).then((current) => encryptWith({ current }));
/** Sealing waits for the key, which is there before anything is asked. */
const encryption: PayloadCipher = {
  seal: async (data, context) => (await cipher).seal(data, context),
  open: async (sealed, context) => (await cipher).open(sealed, context),
};

function open(options: PageOptions): void {
  opened = options;
  client = connect(options.urls[0] ?? '', {
    ...options.settings,
    token: () => {
      tokens += 1;
      return options.token;
    },
    webSocket: (_, protocols) => {
      const url = opened.urls[attempts % opened.urls.length] ?? '';
      attempts += 1;
      return new WebSocket(url, protocols);
    },
    onStatus: tellStatus,
  });
}

function tellStatus(status: ClientStatus): void {
  const isWaiting = status.state === 'reconnecting';
  tell({
    kind: 'status',
    state: status.state,
    attempt: isWaiting ? status.attempt : 0,
    waitMs: isWaiting && status.retryAt !== undefined ? status.retryAt - client.now() : undefined,
    isLagging: status.state === 'connected' && status.isLagging,
    why: 'error' in status ? status.error?.message : undefined,
  });
}

function join(room: string, { history = 0, isSealed = false }: PageJoinOptions = {}): void {
  const onEvent = (event: RoomEvent): void => {
    tellRoom(room, event);
  };
  const joined = client.join(room, { history, onEvent, ...(isSealed ? { encryption } : {}) });
  rooms.set(room, joined);
  settle(joined.joined, { what: 'join', room, text: '' });
}

function tellRoom(room: string, event: RoomEvent): void {
  switch (event.type) {
    case 'message': {
      const ageMs = client.serverNow() - event.at;
      tell({ kind: 'message', room, seq: event.seq, data: String(event.data), ageMs });
      return;
    }
    case 'joined': {
      const { position, isRecovered, isReconnected } = event;
      const node = client.status.state === 'connected' ? client.status.node : '';
      tell({ kind: 'joined', room, position, node, isRecovered, isReconnected });
      return;
    }
    case 'gap':
      tell({ kind: 'gap', room, position: event.position, missed: event.missed });
      return;
    case 'away':
    case 'stale':
    case 'fresh':
    case 'undeliverable':
      tell({ kind: event.type, room });
      return;
    case 'member':
    case 'signal':
      return;
  }
}

function publish(room: string, texts: readonly string[]): void {
  for (const text of texts) settle(roomOf(room).publish(text), { what: 'publish', room, text });
}

function send(texts: readonly string[]): void {
  for (const text of texts) settle(client.send(opened.token, text, { encryption }), { what: 'send', room: '', text });
}

function ask(room: string, what: 'history' | 'members'): void {
  settle(roomOf(room)[what](), { what, room, text: '' });
}

function settle(answer: Promise<unknown>, asked: Pick<Settlement, 'what' | 'room' | 'text'>): void {
  answer.then(
    (value) => {
      const isPosition = asked.what !== 'history' && asked.what !== 'members';
      const position = isPosition ? (value as Position) : undefined;
      tell({ kind: 'settled', ...asked, position, error: undefined });
    },
    (error: unknown) => {
      const code = error instanceof OutcryError ? error.code : String(error);
      tell({ kind: 'settled', ...asked, position: undefined, error: code });
    },
  );
}

function watch(symbol: string, depth: number, interval: number): void {
  const seen = (change: PageBook['change']): PageBook => ({
    change,
    symbol,
    status: book.status,
    ageMs: platform.trueNow() - (book.stamp?.at ?? 0),
    shownAgeMs: book.ageMs ?? NaN,
  });
  const book = client.book(symbol, {
    depth,
    interval,
    onChange: ({ type }) => {
      tell({ kind: 'book', ...seen(type) });
    },
  });
  setInterval(() => {
    const look = seen('look');
    if (look.status === 'live' && look.ageMs > OLD_MS) tell({ kind: 'book', ...look });
  }, LOOK_EVERY_MS);
}

async function times(): Promise<PageTimes> {
  const pingMs = await client.ping();
  return { date: Date.now(), serverNow: client.serverNow(), pingMs, tokens };
}

function roomOf(name: string): Room {
  const room = rooms.get(name);
  if (room === undefined) throw new Error(`not in ${name}`);
  return room;
}

// What a page says when it is left is heard by nobody.
for (const type of ['online', 'offline', 'pageshow']) {
  platform.addEventListener(type, ({ persisted }) => {
    tellPlatform(persisted === undefined ? type : `${type} ${String(persisted)}`);
  });
}
for (const type of ['freeze', 'resume', 'visibilitychange']) {
  platform.document.addEventListener(type, () => {
    tellPlatform(`${type} ${platform.document.visibilityState}`);
  });
}
platform.navigator.connection.addEventListener('change', () => {
  tellPlatform('change');
});
platform.outcry = {
  open,
  join,
  publish,
  send,
  ask,
  watch,
  times,
  tryNow: () => {
    client.tryNow();
  },
};
