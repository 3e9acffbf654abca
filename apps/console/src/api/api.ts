import type { Answers } from './answers.ts';
import type { Credential } from './credential.ts';

/** Why a command was not carried out. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /**
   * As docs/SERVER-API.md has it; `unreachable` where there was no answer, `noApi` where the gateway has no keys, `signedOut` where a
   * sign-in is over.
   */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const DEADLINE_MS = 10_000;

/** Whoever can be asked, by the names of commands. */
export interface Answering {
  /** @throws Refusal */
  ask<C extends keyof Answers>(command: C, params?: object): Promise<Answers[C]>;
}

/** The server API of the gateway that serves the page. */
export class Api implements Answering {
  readonly #credential: Credential;

  constructor(credential: Credential) {
    this.#credential = credential;
  }

  /** What lets its bearer in now, whichever way the gateway is asked. @throws Refusal `signedOut` */
  token(): Promise<string> {
    return this.#credential.token();
  }

  /** Asks for something. @throws Refusal */
  async ask<C extends keyof Answers>(command: C, params: object = {}): Promise<Answers[C]> {
    return (await this.#call(command, params, {})) as Answers[C];
  }

  /** Does something, for which there is a line in the log with the reason. @throws Refusal */
  async act(command: string, params: object, reason: string): Promise<unknown> {
    return this.#call(command, params, { 'outcry-reason': encodeURIComponent(reason) });
  }

  async #call(command: string, params: object, headers: Readonly<Record<string, string>>): Promise<unknown> {
    const response = await this.#send(command, params, headers);
    const body = await readBody(response);
    if (response.ok) return body;
    const { error } = (body ?? {}) as { error?: { code?: string; message?: string } };
    if (error === undefined && response.status === 404) {
      throw new Refusal('noApi', 'this gateway has no server API: OUTCRY_API_KEYS is not set');
    }
    throw new Refusal(error?.code ?? 'internal', error?.message ?? `the gateway answered ${String(response.status)}`);
  }

  async #send(command: string, params: object, headers: Readonly<Record<string, string>>): Promise<Response> {
    const token = await this.token();
    try {
      return await fetch(`/api/${command}`, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${token}` },
        body: JSON.stringify(params),
        credentials: 'omit',
        cache: 'no-store',
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
    } catch {
      throw new Refusal('unreachable', 'the gateway does not answer');
    }
  }
}

async function readBody(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}
