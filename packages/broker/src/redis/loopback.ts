import { AnswerLimit } from './answer-limit.ts';
import { Heartbeat } from './heartbeat.ts';
import { PARTITION_TAGS, partitionOf } from '../partition.ts';
import type { KeySpace } from './keys.ts';

/**
 * With the limit, and the time a connection may take to close, less than the 6 s within which a node must know; and less than what is
 * between two pings, so that a connection that hears itself is not asked besides.
 */
const INTERVAL_MS = 2800;
const ECHO_LIMIT_MS = 2000;

/** A channel that only one node listens to, in a partition of its own choice where that matters. */
export function loopbackChannel(space: KeySpace, node: string, partition = partitionOf(node)): string {
  return `${space.baseIn(PARTITION_TAGS[partition] ?? '')}loopback/${node}`;
}

/** The channel on which nodes tell each other that the slot of a partition is on its way, and where to. */
export function movesChannel(space: KeySpace, partition: number): string {
  return loopbackChannel(space, 'moves', partition);
}

export interface LoopbackPort {
  /** Listens to a channel that only this node knows. */
  listen(listener: (payload: Buffer) => void): Promise<void>;
  /** Publishes on it. */
  send(payload: string): Promise<unknown>;
  /** Nothing came back. */
  onDeaf(): void;
}

/**
 * Publishes to itself now and then, the way that messages go. A listening connection can be in good health, its pings answered,
 * at a server that nobody publishes to any more: a primary that was replaced.
 */
export class Loopback {
  readonly #port: LoopbackPort;
  readonly #heartbeat: Heartbeat;
  #sent = 0;
  #heard: ((payload: string) => void) | undefined;

  constructor(port: LoopbackPort) {
    this.#port = port;
    this.#heartbeat = new Heartbeat({
      intervalMs: INTERVAL_MS,
      beat: () => this.probe(),
      onMissed: () => {
        port.onDeaf();
      },
    });
  }

  listen(): Promise<void> {
    return this.#port.listen((payload) => this.#heard?.(payload.toString('latin1')));
  }

  start(): void {
    this.#heartbeat.start();
  }

  stop(): void {
    this.#heartbeat.stop();
  }

  /** Rejects where what was published does not come back. What could not be published says nothing, and resolves. */
  async probe(): Promise<void> {
    this.#sent += 1;
    const payload = String(this.#sent);
    let limit: AnswerLimit | undefined;
    const echo = new Promise<void>((resolve, reject) => {
      this.#heard = (heard) => {
        if (heard === payload) resolve();
      };
      limit = new AnswerLimit(ECHO_LIMIT_MS, () => {
        reject(new Error('no echo'));
      });
    });
    // It may be given up before anybody waits for it: the limit of a command can be longer.
    echo.catch(() => undefined);
    try {
      // What was not sent says nothing about what is heard, and the connection that sends has pings of its own.
      const isSent = await this.#port.send(payload).then(
        () => true,
        () => false,
      );
      if (isSent) await echo;
    } finally {
      limit?.clear();
    }
  }
}
