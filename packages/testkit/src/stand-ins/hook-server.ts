import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

import { HttpStandIn } from './http-stand-in.ts';
import { leasePort } from '../port-lease.ts';

/** A question as it came. */
export interface HookQuestion {
  /** The last part of the path. */
  readonly hook: string;
  readonly headers: IncomingHttpHeaders;
  /** As it was signed. */
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a hook answers: a value, which becomes JSON; bytes of any kind; the beginning of something that never ends; or nothing at all. */
export type HookReply =
  | { readonly json: unknown }
  | { readonly status: number; readonly text: string | Uint8Array; readonly headers?: Readonly<Record<string, string>> }
  | { readonly beginning: string }
  | 'silence';

export type AnswerHook = (question: HookQuestion) => HookReply | Promise<HookReply>;

const ALLOW: AnswerHook = () => ({ json: { allow: true } });

/** The operator's own server: allows everything until it is told otherwise, on a port that it keeps while it is away. */
export class HookServer extends HttpStandIn {
  readonly #answers = new Map<string, AnswerHook>();
  readonly #questions: HookQuestion[] = [];

  static async start(): Promise<HookServer> {
    const server = new HookServer(await leasePort());
    await server.comeBack();
    return server;
  }

  urlOf(hook: string): string {
    return `${this.origin}/hooks/${hook}`;
  }

  /** All that came, in order. */
  get questions(): readonly HookQuestion[] {
    return this.#questions;
  }

  questionsOf(hook: string): readonly HookQuestion[] {
    return this.#questions.filter((question) => question.hook === hook);
  }

  answer(hook: string, answer: AnswerHook): void {
    this.#answers.set(hook, answer);
  }

  /** Answers no question of a hook, those that have come since included, until what it returns is called. */
  hold(hook: string, reply: HookReply = { json: { allow: true } }): () => void {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.answer(hook, async () => {
      await released;
      return reply;
    });
    return release;
  }

  /** Allows everything again, and has been asked nothing. */
  reset(): void {
    this.#answers.clear();
    this.#questions.length = 0;
  }

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const hook = request.url?.split('/').at(-1) ?? '';
    const body = await text(request);
    const parsed = JSON.parse(body) as HookQuestion['body'];
    const question = { hook, headers: request.headers, text: body, body: parsed };
    this.#questions.push(question);
    const reply = await (this.#answers.get(hook) ?? ALLOW)(question);
    if (reply === 'silence') return;
    if ('beginning' in reply) response.write(reply.beginning);
    else if ('json' in reply) response.setHeader('content-type', 'application/json').end(JSON.stringify(reply.json));
    else response.writeHead(reply.status, reply.headers).end(reply.text);
  }
}
