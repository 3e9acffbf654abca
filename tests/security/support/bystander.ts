import { setTimeout as delay } from 'node:timers/promises';

import { RawClient } from '@outcry/testkit';

import type { Target } from './target.ts';

/** Well within what a connection may send. */
const INTERVAL_MS = 50;
/** An answer that takes longer is one that did not come. How long others took, is in the table. */
const ANSWER_DEADLINE_MS = 20_000;
const ROOM = 'bystanders';

/** Somebody who has nothing to do with an attack: it publishes all the time, and gets its own messages back. */
export class Bystander implements AsyncDisposable {
  readonly #client: RawClient;
  readonly #ended: Promise<void>;
  readonly #latenciesMs: number[] = [];
  #echoes = 0;
  #isStopped = false;
  #problem: string | undefined;

  private constructor(client: RawClient) {
    this.#client = client;
    this.#ended = this.#chat();
  }

  static async join(target: Target): Promise<Bystander> {
    const client = await RawClient.connect(target.session('msgpack'));
    await client.expectAnswer('joined', { type: 'join', room: ROOM, history: 0 });
    return new Bystander(client);
  }

  /** Why it no longer gets what it should; undefined while all is well. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** How long each message took back to it since this was asked last. */
  takeLatenciesMs(): readonly number[] {
    return this.#latenciesMs.splice(0);
  }

  /** One more message there and back, after everything before. */
  async echo(): Promise<void> {
    const startedAt = performance.now();
    this.#echoes += 1;
    const data = `echo ${String(this.#echoes)}`;
    this.#client.send({ type: 'publish', room: ROOM, data });
    await this.#client.next({ type: 'message', data }, ANSWER_DEADLINE_MS);
    this.#latenciesMs.push(performance.now() - startedAt);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.#ended;
    this.#client.socket.destroy();
  }

  async #chat(): Promise<void> {
    while (!this.#isStopped && this.#problem === undefined) {
      try {
        await this.echo();
      } catch (err) {
        this.#problem = `the bystander got no answer: ${String(err)}`;
      }
      await delay(INTERVAL_MS);
    }
  }
}
