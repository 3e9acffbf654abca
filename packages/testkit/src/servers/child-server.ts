import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { endWithThisProcess } from '../children.ts';
import { withDeadline } from '../deadline.ts';

const START_DEADLINE_MS = 60_000;
const SHOWN_LINES = 40;
const MAX_LINES = 10_000;

type ServerChild = ChildProcessByStdio<null, Readable, Readable>;

/** How a server is started, and how it is known that it has. */
export interface ServerCommand {
  /** Its file, or its name on the PATH. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  /** The whole of its environment; that of the tests where it is left out. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** As whom it runs; as whoever runs the tests where it is left out. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** The line, on either of its outputs, that says that it takes connections. Without it, it has started once it runs. */
  readonly ready?: RegExp;
  /** By what it ends at once, and all that it has started with it; SIGKILL where it is left out. */
  readonly killSignal?: NodeJS.Signals;
  /** How to get one, where there is none. */
  readonly help?: string;
}

/** A server of somebody else's as a child process, which may be started again after its end. For services of this repository: `ServiceProcess`. */
export class ChildServer implements AsyncDisposable {
  readonly #command: ServerCommand;
  readonly #output: string[] = [];
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(command: ServerCommand) {
    this.#command = command;
  }

  /** While it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The lines of stdout and stderr so far, those of earlier starts included; of very many the last. */
  get output(): readonly string[] {
    return this.#output;
  }

  /** Resolves once it does not run, whoever ended it. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /**
   * Resolves when it takes connections, with what the pattern found in the line that says so. Nothing runs where it rejects.
   *
   * @throws Error with how to get one, or with the last that it said
   */
  async start(): Promise<readonly string[]> {
    const { command, args, ready: _ready, help: _help, killSignal: _killSignal, ...options } = this.#command;
    if (this.#child !== undefined) throw new Error(`expected ${command} to have ended before it is started again`);
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = this.#watchEnd(child);
    try {
      return await withDeadline(this.#untilReady(child), {
        deadlineMs: START_DEADLINE_MS,
        describe: () => `${command} did not say that it is ready. ${this.#tail()}`,
      });
    } catch (err) {
      await this.kill();
      throw err;
    }
  }

  /** Sends it a signal, where it runs; without a name that by which it ends at once. */
  signal(name: NodeJS.Signals = this.#command.killSignal ?? 'SIGKILL'): void {
    this.#child?.kill(name);
  }

  /** Ends it, at once where no other signal is named; resolves when it has ended. */
  async kill(name?: NodeJS.Signals): Promise<void> {
    this.signal(name);
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #watchEnd(child: ChildProcess): Promise<void> {
    this.#child = child;
    const forget = endWithThisProcess(() => {
      this.signal();
    });
    return new Promise((resolve) => {
      const end = (): void => {
        this.#child = undefined;
        forget();
        resolve();
      };
      child.once('exit', end);
      // Of one that could not be started there is no exit.
      child.once('error', () => {
        if (child.pid === undefined) end();
      });
    });
  }

  #untilReady(child: ServerChild): Promise<readonly string[]> {
    const { command, ready, help } = this.#command;
    return new Promise((resolve, reject) => {
      child.once('error', (cause) => {
        reject(new Error(`cannot run ${command}${help === undefined ? '' : `: ${help}`}`, { cause }));
      });
      // It comes after the last line of output, where an exit may come before.
      child.once('close', () => {
        reject(new Error(`${command} ended. ${this.#tail()}`));
      });
      if (ready === undefined) {
        child.once('spawn', () => {
          resolve([]);
        });
      }
      for (const input of [child.stdout, child.stderr]) {
        createInterface({ input }).on('line', (line) => {
          this.#output.push(line);
          if (this.#output.length > MAX_LINES) this.#output.shift();
          const found = ready?.exec(line);
          if (found) resolve(found);
        });
      }
    });
  }

  #tail(): string {
    return `Its output:\n${this.#output.slice(-SHOWN_LINES).join('\n') || '(nothing)'}`;
  }
}
