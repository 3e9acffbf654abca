import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { RawClient, type RawClientOptions, RawSocket, type RawSocketOptions, type WireEncoding } from '@outcry/testkit';
import { expect, onTestFinished } from 'vitest';

export const ENCODINGS: readonly WireEncoding[] = ['json', 'msgpack'];

/** A room, user or key that no other test uses, on whatever server. */
export function uniqueName(kind: string): string {
  return `${kind}-${randomBytes(6).toString('hex')}`;
}

/** Connects for one test: the connection goes with it, and a frame that broke the document fails it. */
export async function connect(options: RawClientOptions): Promise<RawClient> {
  const client = await RawClient.connect(options);
  onTestFinished(() => {
    client.socket.destroy();
    expect(client.violation).toBeUndefined();
  });
  return client;
}

/** A WebSocket for one test, below the protocol. */
export async function connectSocket(options: RawSocketOptions): Promise<RawSocket> {
  const socket = await RawSocket.connect(options);
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

export interface OpenOptions extends Omit<RawClientOptions, 'token'> {
  readonly user?: string;
}

/** Connects as a user and takes the frames that every session begins with. */
export async function open({ user = uniqueName('user'), ...options }: OpenOptions): Promise<RawClient> {
  const client = await connect({ ...options, token: user });
  await client.next('welcome');
  await client.next({ type: 'joined', room: '@all' });
  await client.next({ type: 'joined', room: `@${user}` });
  return client;
}

/** `open`, and a join of a room without history. */
export async function openIn(room: string, options: OpenOptions): Promise<RawClient> {
  const client = await open(options);
  await client.expectAnswer('joined', { type: 'join', room, history: 0 });
  return client;
}

/** Waits until the server has handled everything that this client sent: then nothing more can come of it. */
export async function settle(client: RawClient): Promise<void> {
  await client.expectAnswer('pong', { type: 'ping' });
}

/** A client that does nothing for a while: only where time itself is under test. */
export async function idle(ms: number): Promise<void> {
  await delay(ms);
}
