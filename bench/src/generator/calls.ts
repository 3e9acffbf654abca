import type { ChildProcess } from 'node:child_process';

/** What a process can be asked to do: the parameter and the result of each call. */
export type Calls = Record<string, { readonly params: unknown; readonly result: unknown }>;

export type Handlers<C extends Calls> = {
  readonly [K in keyof C]: (params: C[K]['params']) => Promise<C[K]['result']> | C[K]['result'];
};

interface Request {
  readonly id: number;
  readonly call: string;
  readonly params: unknown;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Answers the parent's calls. */
export function serveCalls<C extends Calls>(handlers: Handlers<C>): void {
  process.on('message', ({ id, call, params }: Request) => {
    const answer = async (): Promise<Reply> => {
      try {
        return { id, result: await handlers[call]?.(params) };
      } catch (err) {
        return { id, error: err instanceof Error ? err.message : String(err) };
      }
    };
    void answer().then((reply) => process.send?.(reply));
  });
  process.once('disconnect', () => {
    process.exit(0);
  });
}

interface PendingCall {
  resolve(result: unknown): void;
  reject(reason: Error): void;
}

/** Calls a child process, which answers with `serveCalls`. */
export class Caller<C extends Calls> {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, PendingCall>();
  #lastId = 0;

  constructor(child: ChildProcess, name: string) {
    this.#child = child;
    child.on('message', (reply: Reply) => {
      const call = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      if (reply.error === undefined) call?.resolve(reply.result);
      else call?.reject(new Error(`${name}: ${reply.error}`));
    });
    child.once('exit', (code, signal) => {
      for (const call of this.#pending.values()) call.reject(new Error(`${name} ended with ${String(code ?? signal)}`));
      this.#pending.clear();
    });
  }

  call<K extends keyof C & string>(call: K, params: C[K]['params']): Promise<C[K]['result']> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#child.send({ id, call, params } satisfies Request);
    });
  }
}
