import { createClientCodec } from '@outcry/protocol';
import { WebSocket } from 'ws';

const codec = createClientCodec('msgpack');

/** Clients that listen to some rooms, and note how long what they hear was under way. */
export class Listeners {
  readonly #sockets: readonly WebSocket[];
  #waits: number[] = [];

  private constructor(sockets: readonly WebSocket[]) {
    this.#sockets = sockets;
  }

  /** One in each room. Resolves when all are there. */
  static async join(url: string, rooms: readonly string[]): Promise<Listeners> {
    const listeners = new Listeners(
      rooms.map((_, i) => new WebSocket(url, ['outcry.v1.msgpack', `bearer.listener-${String(i)}`])),
    );
    await Promise.all(rooms.map((room, i) => listeners.#enter(listeners.#sockets[i], room)));
    return listeners;
  }

  /** Milliseconds from the gateway that took a message to a client, of all that were heard since this was last asked. */
  take(): readonly number[] {
    const waits = this.#waits;
    this.#waits = [];
    return waits;
  }

  end(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  #enter(socket: WebSocket | undefined, room: string): Promise<void> {
    return new Promise((resolve, reject) => {
      socket?.on('error', reject);
      socket?.on('close', (code) => {
        reject(new Error(`a listener was closed with ${String(code)}`));
      });
      socket?.on('message', (bytes: Buffer) => {
        const frame = codec.decodeServer(bytes);
        if (frame?.type === 'welcome') socket.send(codec.encodeClient({ type: 'join', id: 1, room, history: 0 }));
        else if (frame?.type === 'joined' && frame.id === 1) resolve();
        else if (frame?.type === 'message') this.#waits.push(Date.now() - frame.at);
      });
    });
  }
}
