import { setTimeout as delay } from 'node:timers/promises';

import { RawClient } from '@outcry/testkit';

const PAUSE_MS = 20;
const ANSWER_DEADLINE_MS = 30_000;

/** Clients that publish all the time, each in a room of its own about which the operator's server is asked. */
export class Speakers implements AsyncDisposable {
  readonly #clients: readonly RawClient[];
  readonly #loops: readonly Promise<void>[];
  readonly #rounds: number[];
  #answers: string[] = [];
  #isOver = false;

  private constructor(clients: readonly RawClient[]) {
    this.#clients = clients;
    this.#rounds = clients.map(() => 0);
    this.#loops = clients.map((client, i) => this.#speak(client, i));
  }

  static async join(url: string, count: number): Promise<Speakers> {
    const clients = await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const client = await RawClient.connect({ url, encoding: 'json' });
        await client.expectAnswer('joined', { type: 'join', room: roomOf(i), history: 0 });
        return client;
      }),
    );
    return new Speakers(clients);
  }

  /** What they have been answered since they were asked last: `ack`, or the code of an error. */
  take(): readonly string[] {
    const answers = this.#answers;
    this.#answers = [];
    return answers;
  }

  /** Resolves when each has been answered twice, so that at least one of its requests has begun since. */
  async nextAnswers(): Promise<void> {
    const from = [...this.#rounds];
    while (this.#rounds.some((round, i) => round < (from[i] ?? 0) + 2)) await delay(PAUSE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    for (const { socket } of this.#clients) socket.destroy();
  }

  async #speak(client: RawClient, index: number): Promise<void> {
    while (!this.#isOver) {
      const request = { type: 'publish', room: roomOf(index), data: 'hello' };
      const answer = await client.request(request, ANSWER_DEADLINE_MS);
      this.#answers.push(answer.type === 'error' ? answer.code : answer.type);
      this.#rounds[index] = (this.#rounds[index] ?? 0) + 1;
      await delay(PAUSE_MS);
    }
  }
}

function roomOf(index: number): string {
  return `asked-${String(index)}`;
}
