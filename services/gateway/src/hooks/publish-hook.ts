import { formatTraceparent, parseTraceparent, payloadToJson } from '@outcry/protocol';
import type { PublishTrace } from '@outcry/tracing';

import { askBefore, type HookRule, type Verdict } from './ask-before.ts';
import type { Refusal } from './answer.ts';
import type { ReadAnswer } from './hook-client.ts';
import { type PayloadAnswer, payloadReader } from './payload-answer.ts';
import { askerOf, describeSubject, type Subject, withPayload } from './question.ts';
import { HookName } from './settings.ts';

/** What somebody wants to say. */
export interface Publication {
  readonly room: string;
  /** Encoded. */
  readonly data: Uint8Array;
  readonly key?: string;
  /** As it came. The server that is asked goes on from it, whether or not it is sampled. */
  readonly traceparent?: string | undefined;
  readonly trace?: Pick<PublishTrace, 'ask'> | undefined;
}

export interface PublishHookOptions {
  readonly node: string;
  /** Of a payload. */
  readonly maxDataBytes: number;
}

/** Asks the operator's server what may be published in a room, and what in place of it. */
export class PublishHook {
  readonly #rule: HookRule;
  readonly #node: string;
  readonly #read: ReadAnswer<PayloadAnswer | Refusal>;

  constructor(rule: HookRule, { node, maxDataBytes }: PublishHookOptions) {
    this.#rule = rule;
    this.#node = node;
    this.#read = payloadReader(maxDataBytes);
  }

  /** Never rejects. */
  async ask(subject: Subject, { room, data, key, traceparent, trace }: Publication): Promise<Verdict<PayloadAnswer>> {
    const about = { ...describeSubject(HookName.Publish, this.#node, subject), room, key };
    const text = withPayload(about, payloadToJson(data));
    const asked = trace?.ask();
    const question = { text, asker: askerOf(subject), traceparent: asked?.traceparent ?? passedOn(traceparent) };
    const verdict = await askBefore(this.#rule, question, this.#read);
    const { refusal } = verdict;
    asked?.end(refusal?.code === 'unavailable' ? refusal : undefined);
    return verdict;
  }
}

/** Of what came, what can be a header. */
function passedOn(traceparent: string | undefined): string | undefined {
  const context = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  return context && formatTraceparent(context);
}
