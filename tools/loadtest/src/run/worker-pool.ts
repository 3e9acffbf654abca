import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

import type { Access, Plan } from '../plan/plan.ts';
import type { FromWorker, ToWorker, WorkerTask } from '../worker/messages.ts';

/** By the name that the manifest gives it: a source here, and built elsewhere. */
const WORKER = createRequire(import.meta.url).resolve('#worker');

type AnswerType = FromWorker['type'];
type AnswerOf<T extends AnswerType> = Extract<FromWorker, { type: T }>;

interface Waiting {
  readonly type: AnswerType;
  readonly take: (answer: FromWorker) => void;
}

/** The threads that run the clients of a plan. */
export class WorkerPool {
  readonly #workers: readonly Worker[];
  readonly #waiting = new Map<Worker, Waiting[]>();
  readonly #failure: Promise<never>;

  constructor(plan: Plan, access: Access) {
    this.#workers = Array.from({ length: plan.workers }, (_, index) => {
      const task: WorkerTask = { plan, access, index };
      const worker = new Worker(WORKER, { workerData: task });
      this.#waiting.set(worker, []);
      worker.on('message', (answer: FromWorker) => {
        this.#take(worker, answer);
      });
      return worker;
    });
    this.#failure = Promise.race(this.#workers.map(failureOf));
    // Whoever waits for answers is told; at other times nobody is there to be.
    this.#failure.catch(() => undefined);
  }

  tell(message: ToWorker): void {
    for (const worker of this.#workers) worker.postMessage(message);
  }

  /**
   * The next answer of this type from every worker, in their order.
   *
   * @throws Error where a worker fails meanwhile
   */
  async answers<T extends AnswerType>(type: T): Promise<readonly AnswerOf<T>[]> {
    const answers = this.#workers.map(
      (worker) =>
        new Promise<FromWorker>((take) => {
          this.#waiting.get(worker)?.push({ type, take });
        }),
    );
    const all = await Promise.race([Promise.all(answers), this.#failure]);
    return all.filter((answer): answer is AnswerOf<T> => answer.type === type);
  }

  /** Tells and waits for the answers. */
  async ask<T extends AnswerType>(message: ToWorker, type: T): Promise<readonly AnswerOf<T>[]> {
    const answers = this.answers(type);
    this.tell(message);
    return answers;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #take(worker: Worker, answer: FromWorker): void {
    const waiting = this.#waiting.get(worker) ?? [];
    const index = waiting.findIndex(({ type }) => type === answer.type);
    if (index >= 0) waiting.splice(index, 1)[0]?.take(answer);
  }
}

/** Rejects when the worker throws, and never resolves. */
function failureOf(worker: Worker, index: number): Promise<never> {
  return new Promise((_, reject) => {
    worker.once('error', (cause) => {
      reject(new Error(`worker ${String(index)} failed: ${String(cause)}`, { cause }));
    });
  });
}
