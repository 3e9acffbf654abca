import type { ClientFrameType } from '../client-frames.ts';
import { CLIENT_SCHEMA, type FrameSchema, parseFieldSpec, SERVER_SCHEMA } from '../schema.ts';
import type { ServerFrameType } from '../server-frames.ts';
import { SUBPROTOCOLS } from '../subprotocol.ts';
import { type JsonSchema, KIND_SCHEMAS, object } from './kind-schemas.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a client asks for, and with what it is answered; a signal is not answered but by an error. */
const REQUESTS: Readonly<
  Record<ClientFrameType, { readonly summary: string; readonly answers: readonly ServerFrameType[] }>
> = {
  auth: { summary: 'Says who the client is, or refreshes that.', answers: ['ack', 'error'] },
  join: { summary: 'Enters a room, or resumes it.', answers: ['joined', 'error'] },
  leave: { summary: 'Leaves a room.', answers: ['ack', 'error'] },
  publish: { summary: 'Says something in a room, or to a user.', answers: ['ack', 'error'] },
  signal: { summary: 'Says something in passing.', answers: ['error'] },
  members: { summary: 'Asks who is in a room.', answers: ['ack', 'error'] },
  history: { summary: 'Asks for the past of a room.', answers: ['ack', 'error'] },
  subscribe: { summary: 'Watches books.', answers: ['ack', 'results', 'error'] },
  unsubscribe: { summary: 'Stops watching books.', answers: ['ack', 'results', 'error'] },
  symbols: { summary: 'Asks which books there are.', answers: ['ack', 'error'] },
  ping: { summary: 'Asks whether the gateway is there.', answers: ['pong', 'error'] },
  call: { summary: 'Asks the operator’s own server for something.', answers: ['reply', 'error'] },
};

const FRAMES: Readonly<Record<ServerFrameType, string>> = {
  welcome: 'Begins a session, and says what may be sent in it.',
  ack: 'A request has succeeded.',
  error: 'A request has failed; the session goes on.',
  joined: 'A room is joined; its messages follow.',
  message: 'A message of a room, once, in its order.',
  signal: 'Something said in passing.',
  member: 'Somebody came into a room, or left it.',
  snapshot: 'A book from the beginning.',
  delta: 'What has changed in a book.',
  heartbeat: 'A book has not changed.',
  stale: 'What is shown of a room or a book may be old.',
  fresh: 'It is not any more.',
  reset: 'A room is numbered anew.',
  lagging: 'Much waits for this client to read.',
  draining: 'The gateway wants this connection to end: now, or once the client has moved to another one.',
  pong: 'The gateway is there.',
  results: 'What became of each symbol of a request.',
  reply: 'What the operator’s own server answers.',
  left: 'The operator’s own server has taken the session out of a room.',
};

/** Frames of `/orderbookfeed`. */
const FEED: readonly ServerFrameType[] = ['snapshot', 'stale', 'fresh'];

/** The AsyncAPI 3.0 document of the wire, from a gateway's point of view, out of the schema table. */
export function createAsyncApiDocument(): Json {
  const requests = Object.entries(CLIENT_SCHEMA);
  const frames = Object.entries(SERVER_SCHEMA);
  const messages = [
    ...requests.map(([type, schema]) => {
      const { summary } = REQUESTS[type as ClientFrameType];
      return [requestName(type), message(schema, { type, name: requestName(type), summary })];
    }),
    ...frames.map(([type, schema]) => {
      return [type, message(schema, { type, name: type, summary: FRAMES[type as ServerFrameType] })];
    }),
  ];
  const schemas = [
    ...requests.map(([type, { fields }]) => [requestName(type), payload(type, fields)]),
    ...frames.map(([type, { fields }]) => [type, payload(type, fields)]),
    ...Object.entries(KIND_SCHEMAS).map(([kind, schema]) => [kindName(kind), schema]),
  ];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'outcry wire protocol',
      version: '1',
      description:
        'Frames between clients and gateways, as JSON. In msgpack a frame is the array of its `x-tag` and its `x-fields`, in order. What is promised beyond the frames is in PROTOCOL.md.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: { gateway: { host: 'localhost:1337', protocol: 'ws' } },
    channels: channels(requests.map(([type]) => requestName(type)).concat(Object.keys(SERVER_SCHEMA))),
    operations: operations(),
    components: { messages: Object.fromEntries(messages) as Json, schemas: Object.fromEntries(schemas) as Json },
  };
}

function channels(ofSession: readonly string[]): Json {
  const subprotocols = { type: 'string', enum: Object.values(SUBPROTOCOLS) };
  const headers = { type: 'object', properties: { 'Sec-WebSocket-Protocol': subprotocols } };
  const query = object({ symbol: KIND_SCHEMAS.symbol, depth: KIND_SCHEMAS.uint, interval: KIND_SCHEMAS.uint }, [
    'depth',
    'interval',
  ]);
  return {
    session: {
      address: '/ws',
      description: 'A session: rooms, direct messages and books.',
      messages: refs('#/components/messages', ofSession),
      bindings: { ws: { method: 'GET', headers } },
    },
    feed: {
      address: '/orderbookfeed',
      description: 'Snapshots of one book, without any request.',
      messages: refs('#/components/messages', FEED),
      bindings: { ws: { method: 'GET', query, headers } },
    },
  };
}

function operations(): Json {
  const session = { $ref: '#/channels/session' };
  const list = (types: readonly string[], channel = 'session'): readonly Json[] =>
    types.map((type) => ({ $ref: `#/channels/${channel}/messages/${type}` }));
  const received = Object.entries(REQUESTS).map(([type, { summary, answers }]) => [
    type,
    {
      ...{ action: 'receive', channel: session, summary, messages: list([requestName(type)]) },
      reply: { channel: session, messages: list(answers) },
    },
  ]);
  const tell = {
    action: 'send',
    channel: session,
    summary: 'What a gateway says.',
    messages: list(Object.keys(FRAMES)),
  };
  const feed = {
    ...{ action: 'send', channel: { $ref: '#/channels/feed' }, summary: 'Shows a book.', messages: list(FEED, 'feed') },
  };
  return { ...Object.fromEntries(received), tell, feed } as Json;
}

interface MessageTitle {
  readonly type: string;
  /** Of its schema here. */
  readonly name: string;
  readonly summary: string;
}

function message({ tag, fields }: FrameSchema, { type, name, summary }: MessageTitle): Json {
  const payload = { $ref: `#/components/schemas/${name}` };
  return { name: type, summary, payload, 'x-tag': tag, 'x-fields': Object.keys(fields) };
}

function payload(type: string, fields: FrameSchema['fields']): JsonSchema {
  const parsed = Object.entries(fields).map(([name, spec]) => ({ name, ...parseFieldSpec(spec) }));
  const properties = parsed.map(({ name, kind }) => [name, { $ref: `#/components/schemas/${kindName(kind)}` }]);
  return object(
    { type: { const: type }, ...(Object.fromEntries(properties) as Record<string, JsonSchema>) },
    parsed.filter(({ isOptional }) => isOptional).map(({ name }) => name),
  );
}

function refs(to: string, names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `${to}/${name}` }]));
}

/** Requests and frames share some names (`signal`), and so do frames and kinds (`message`). */
function requestName(type: string): string {
  return `${type}Request`;
}

function kindName(kind: string): string {
  return `${kind}Field`;
}
