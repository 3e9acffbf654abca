import { AnswerLimit } from '../pacing/answer-limit.ts';
import { PARTITION_TAGS, partitionOf } from '../../partition.ts';
import type { KeySpace } from '../keys.ts';

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
  #sent = 0;
  #isStarted = false;
  /** Changes with each start and stop: what was said before says nothing about now. */
  #run = 0;
  #heard: ((payload: string) => void) | undefined;

  constructor(port: LoopbackPort) {
    this.#port = port;
  }

  listen(): Promise<void> {
    return this.#port.listen((payload) => this.#heard?.(payload.toString('latin1')));
  }

  start(): void {
    this.#isStarted = true;
    this.#run += 1;
  }

  stop(): void {
    this.#isStarted = false;
    this.#run += 1;
  }

  /** Asks for an echo, where it has been started; it has stopped where none comes. */
  beat(): void {
    if (!this.#isStarted) return;
    const run = this.#run;
    this.probe().catch(() => {
      if (run !== this.#run) return;
      this.stop();
      this.#port.onDeaf();
    });
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
