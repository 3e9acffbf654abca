import { answerReader, type Permission } from './answer.ts';
import { askBefore, type HookRule, type Verdict } from './ask-before.ts';
import { askerOf, describeSubject, type Subject } from './question.ts';
import { HookName } from './settings.ts';

const readAnswer = answerReader({});

/** Asks the operator's server who may join a room, of those who have the right to. */
export class JoinHook {
  readonly #rule: HookRule;
  readonly #node: string;

  constructor(rule: HookRule, node: string) {
    this.#rule = rule;
    this.#node = node;
  }

  /** Never rejects. */
  ask(subject: Subject, room: string): Promise<Verdict<Permission>> {
    const question = { ...describeSubject(HookName.Join, this.#node, subject), room };
    return askBefore(this.#rule, { text: JSON.stringify(question), asker: askerOf(subject) }, readAnswer);
  }
}
