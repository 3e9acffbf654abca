import { payloadToJson } from '@outcry/protocol';

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
  ask(subject: Subject, { room, data, key }: Publication): Promise<Verdict<PayloadAnswer>> {
    const question = { ...describeSubject(HookName.Publish, this.#node, subject), room, key };
    const text = withPayload(question, payloadToJson(data));
    return askBefore(this.#rule, { text, asker: askerOf(subject) }, this.#read);
  }
}
