import { describe, expectTypeOf, it } from 'vitest';

import {
  type Client,
  type ClientStatus,
  connect,
  type Message,
  type OutcryErrorCode,
  type Position,
  type StandardSchema,
} from './index.ts';

interface Chat {
  readonly text: string;
}
/** Takes text, gives a date. */
declare const schema: StandardSchema<{ readonly at: string }, { readonly at: Date }>;
declare const client: Client;

describe('types of the client', () => {
  it('gives a room the type that it is joined with', () => {
    const _room = client.join<Chat>('lobby');
    expectTypeOf<typeof _room.publish>().parameter(0).toEqualTypeOf<Chat>();
    expectTypeOf<typeof _room.publish>().returns.resolves.toEqualTypeOf<Position>();
    client.join<Chat>('lobby', {
      onMessage: (message) => {
        expectTypeOf(message).toEqualTypeOf<Message<Chat>>();
      },
    });
  });

  it('takes what a schema takes, and gives what it makes of it', () => {
    const _room = client.join('lobby', { schema });
    expectTypeOf<typeof _room.publish>().parameter(0).toEqualTypeOf<{ readonly at: string }>();
    expectTypeOf<typeof _room.history>()
      .returns.resolves.toHaveProperty('messages')
      .items.toEqualTypeOf<Message<{ readonly at: Date }>>();
  });

  it('knows nothing of a payload that it was told nothing of', () => {
    const _untyped = client.join('lobby');
    expectTypeOf<typeof _untyped.history>().returns.resolves.toHaveProperty('messages').items.toEqualTypeOf<Message>();
    expectTypeOf<Message['data']>().toBeUnknown();
  });

  it('tells statuses apart by their state', () => {
    expectTypeOf<ClientStatus['state']>().toEqualTypeOf<'connecting' | 'connected' | 'reconnecting' | 'closed'>();
    expectTypeOf<Extract<ClientStatus, { state: 'connected' }>['node']>().toBeString();
    expectTypeOf<Extract<ClientStatus, { state: 'reconnecting' }>['retryAt']>().toEqualTypeOf<number | undefined>();
  });
});

describe('types of options and errors', () => {
  it('takes a token as text or from a function, at once or later', () => {
    expectTypeOf(connect).toBeCallableWith('ws://host/ws', { token: 'ann' });
    expectTypeOf(connect).toBeCallableWith('ws://host/ws', { token: () => 'ann' });
    expectTypeOf(connect).toBeCallableWith('ws://host/ws', { token: ({ signal }) => fetchToken(signal) });
    expectTypeOf(connect).toBeCallableWith('ws://host/ws', { token: () => null });
    expectTypeOf(connect).toBeCallableWith('ws://host/ws', { token: async () => Promise.resolve(undefined) });
    // @ts-expect-error a token is text
    connect('ws://host/ws', { token: 1 });
  });

  it('takes options that are undefined for absent ones', () => {
    expectTypeOf(connect).toBeCallableWith('ws://host/ws', {
      ...{ token: undefined, encoding: undefined, webSocket: undefined, onStatus: undefined, backoff: undefined },
      ...{ requestTimeoutMs: undefined, maxFramesPerSecond: undefined },
    });
    expectTypeOf(connect).toBeCallableWith('ws://host/ws', { backoff: { baseMs: undefined, maxMs: 500 } });
    client.join('lobby', { history: undefined, since: undefined, onEvent: undefined, encryption: undefined });
    client.book('BTCUSDT', { depth: undefined, interval: undefined, onChange: undefined });
    const _room = client.join('lobby');
    expectTypeOf<typeof _room.publish>().toBeCallableWith('x', { key: undefined, timeoutMs: undefined });
    expectTypeOf<typeof _room.history>().toBeCallableWith({ before: undefined, limit: undefined });
  });

  it('has codes of the wire and of its own', () => {
    expectTypeOf<'notJoined' | 'timedOut' | 'noSocket'>().toExtend<OutcryErrorCode>();
    // @ts-expect-error no such code
    expectTypeOf<'nonsense'>().toExtend<OutcryErrorCode>();
  });
});

declare function fetchToken(signal: AbortSignal): Promise<string>;
