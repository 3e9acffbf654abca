import { Client } from './client.ts';
import type { ConnectOptions } from './connection/options.ts';
import { RoomsClient } from './rooms-client.ts';

/**
 * Begins a session with a cluster: `ws://host:1337/ws`. It returns at once; rooms and books can be opened right away, and
 * whatever is asked before there is a connection waits for it, within its time limit.
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Client {
  return new Client(url, options);
}

/** As `connect`, for those who watch no books: a bundler leaves out what only books need. */
export function connectToRooms(url: string | URL, options: ConnectOptions = {}): RoomsClient {
  return new RoomsClient(url, options);
}
