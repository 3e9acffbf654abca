import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { AttackerCalls } from './attacker-process.ts';
import { Caller, type Calls } from './calls.ts';
import type { MemberCalls } from './member-process.ts';
import type { PublisherCalls } from './publisher-process.ts';

/** A process of the load generator. Its end is the end of its connections. */
export class GeneratorProcess<C extends Calls> implements AsyncDisposable {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #caller: Caller<C>;

  constructor(file: string, name: string) {
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), { serialization: 'advanced' });
    if (this.#child.pid === undefined) throw new Error(`${name} could not be started`);
    this.pid = this.#child.pid;
    this.#caller = new Caller(this.#child, name);
  }

  call<K extends keyof C & string>(call: K, params: C[K]['params']): Promise<C[K]['result']> {
    return this.#caller.call(call, params);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** Clients that read, in a process of their own. */
export function startMembers(): GeneratorProcess<MemberCalls> {
  return new GeneratorProcess('member-process.ts', 'the members');
}

/** A client that publishes, in a process of its own. */
export function startPublisher(): GeneratorProcess<PublisherCalls> {
  return new GeneratorProcess('publisher-process.ts', 'the publisher');
}

/** Clients that should not be let in, in a process of their own. */
export function startAttacker(): GeneratorProcess<AttackerCalls> {
  return new GeneratorProcess('attacker-process.ts', 'the attacker');
}
