import { payloadToJson, RequestError } from '@outcry/protocol';
import { FailureKind, HookFailure } from '@outcry/webhook';

import type { Refusal } from './answer.ts';
import { refusalOf, type Verdict } from './ask-before.ts';
import type { HookClient, ReadAnswer } from './hook-client.ts';
import { type PayloadAnswer, payloadReader } from './payload-answer.ts';
import { askerOf, describeSubject, type Subject, withPayload } from './question.ts';
import { HookName } from './settings.ts';

/** What a client asks of the operator's server. */
export interface Call {
  readonly method: string;
  /** Encoded; absent for null. */
  readonly data?: Uint8Array;
}

export interface RpcHookOptions {
  readonly node: string;
  /** Of the payload of an answer. */
  readonly maxDataBytes: number;
  /** Calls of one session at once. */
  readonly maxPerSession: number;
}

/** After which a client may come again whose call was not passed on. */
const RETRY_IN_MS = 1000;

/** Has the operator's server answer what clients call for. Nobody else could, so without its answer there is none. */
export class RpcHook {
  /** Who calls is to have no more than so many in flight. */
  readonly maxPerSession: number;
  readonly #client: HookClient;
  readonly #node: string;
  readonly #read: ReadAnswer<PayloadAnswer | Refusal>;

  constructor(client: HookClient, { node, maxDataBytes, maxPerSession }: RpcHookOptions) {
    this.maxPerSession = maxPerSession;
    this.#client = client;
    this.#node = node;
    this.#read = payloadReader(maxDataBytes);
  }

  /** Never rejects. A refusal says whether the server may have been asked: with `retryInMs` it has not. */
  async call(subject: Subject, { method, data }: Call): Promise<Verdict<PayloadAnswer>> {
    const question = { ...describeSubject(HookName.Rpc, this.#node, subject), method };
    const text = withPayload(question, data === undefined ? 'null' : payloadToJson(data));
    try {
      const answer = await this.#client.ask({ text, asker: askerOf(subject) }, this.#read);
      return answer.allow ? { answer } : { refusal: refusalOf(answer) };
    } catch (err) {
      return {
        refusal: isNotAsked(err) ? notPassedOn() : new RequestError('unavailable', 'the server did not answer'),
      };
    }
  }
}

function isNotAsked(err: unknown): boolean {
  return err instanceof HookFailure && (err.kind === FailureKind.Busy || err.kind === FailureKind.Open);
}

function notPassedOn(): RequestError {
  return new RequestError('unavailable', 'the server cannot be asked now; try again later', { retryInMs: RETRY_IN_MS });
}
