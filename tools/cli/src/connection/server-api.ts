import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { printable } from '../output/printable.ts';
import { causeOf } from './cause-of.ts';

export interface ServerApiOptions {
  /** Of the internal port of any gateway: `http://host:port`. */
  readonly api: string;
  /** One of the gateways' `OUTCRY_API_KEYS`. */
  readonly apiKey: string | undefined;
  /** For the answer, in milliseconds. */
  readonly timeout: number;
  /** Nobody waits for answers any more. */
  readonly signal?: AbortSignal;
}

/** The server API of a cluster, as its operator asks it: docs/SERVER-API.md. */
export class ServerApi {
  readonly #options: ServerApiOptions;

  constructor(options: ServerApiOptions) {
    this.#options = options;
  }

  /** @throws CommandError where it is refused, or there is no answer */
  async call(command: string, params: unknown): Promise<Readonly<Record<string, unknown>>> {
    const { apiKey } = this.#options;
    if (apiKey === undefined)
      throw new CommandError(ExitCode.Usage, 'OUTCRY_API_KEY is not set: a key of the server API');
    const { isDone, body } = await this.#ask(command, params, apiKey);
    if (!isDone) throw new CommandError(ExitCode.Refused, reasonOf(body));
    return body;
  }

  async #ask(
    command: string,
    params: unknown,
    apiKey: string,
  ): Promise<{ readonly isDone: boolean; readonly body: Readonly<Record<string, unknown>> }> {
    const { api, timeout, signal } = this.#options;
    const isLate = AbortSignal.timeout(timeout);
    try {
      const answer = await fetch(new URL(`/api/${command}`, api), {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}` },
        body: JSON.stringify(params),
        signal: signal === undefined ? isLate : AbortSignal.any([signal, isLate]),
      });
      // An object of any kind is looked at by name; what is none has none of them.
      return { isDone: answer.ok, body: Object(await answer.json()) as Readonly<Record<string, unknown>> };
    } catch (err) {
      throw new CommandError(ExitCode.NoAnswer, `${api} does not answer as the server API does: ${causeOf(err)}`);
    }
  }
}

function reasonOf({ error }: Readonly<Record<string, unknown>>): string {
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  return `${printable(String(message))} (${printable(String(code))})`;
}
