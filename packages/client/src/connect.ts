import { Client } from './client.ts';
import type { ConnectOptions } from './options.ts';

/**
 * Begins a session with a cluster: `ws://host:1337/ws`. It returns at once; rooms and books can be opened right away, and
 * whatever is asked before there is a connection waits for it, within its time limit.
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Client {
  return new Client(url, options);
}
