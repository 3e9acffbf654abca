import type { RedisConnection } from '../connection/connection.ts';
import { readField } from './server-info.ts';

/** Of 40 hexadecimal digits. It stands in the numbering of each room. */
const LINE_LENGTH = 10;

/**
 * Which line of writes the server behind a connection is on. It is on another one since it was started, or was made the primary: then
 * whoever wrote the line before may have acknowledged what this server has never heard of.
 *
 * It is Redis's replication id, which changes now and then for reasons that do not matter here, on a server that gets its first replica or
 * has had none for an hour. So who finds that lines differ asks again before it believes it.
 */
export class ServerLine {
  readonly #commands: Pick<RedisConnection, 'run'>;
  #current: string | undefined;
  #asking: Promise<string> | undefined;

  constructor(commands: Pick<RedisConnection, 'run'>) {
    this.#commands = commands;
  }

  /** Undefined where it has to be asked for; empty where the server keeps it to itself, so that all of its lines are one. */
  get current(): string | undefined {
    return this.#current;
  }

  /** @param info the reply of `INFO replication` on the connection that there is */
  learn(info: string): void {
    this.#current = readLine(info);
  }

  /** There may be another server, or it may have become a primary. */
  forget(): void {
    this.#current = this.#asking = undefined;
  }

  /** Asks the server, whatever is known. Those who wait for one answer go on in the order in which they came. @throws OutcryError */
  find(): Promise<string> {
    if (this.#asking !== undefined) return this.#asking;
    const asking = this.#ask();
    this.#asking = asking;
    const settle = (line: string | undefined): void => {
      if (this.#asking !== asking) return;
      this.#asking = undefined;
      this.#current = line;
    };
    // Before anybody who waits goes on.
    asking.then(settle, () => {
      settle(undefined);
    });
    return asking;
  }

  async #ask(): Promise<string> {
    return readLine(await this.#commands.run((redis) => redis.info('replication')));
  }
}

function readLine(info: string): string {
  return (readField(info, 'master_replid') ?? '').slice(0, LINE_LENGTH);
}
