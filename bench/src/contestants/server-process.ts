import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const START_DEADLINE_MS = 20_000;
const SHOWN_LINES = 20;

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Finds the port in the line that says that the server listens; its first group is the port. */
  readonly listening: RegExp;
}

/** A server in a process of its own, from the moment that it listens. */
export class ServerProcess implements AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, pid: number, port: number) {
    this.#child = child;
    this.pid = pid;
    this.port = port;
  }

  /** @throws Error with the output of a server that does not begin to listen */
  static async start({ command, args, cwd, env = {}, listening }: ServerCommand): Promise<ServerProcess> {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const port = await waitForPort(child, listening);
    if (child.pid === undefined) throw new Error(`${command} could not be started`);
    return new ServerProcess(child, child.pid, port);
  }

  /** Resolves when the process has ended in its own way, as SIGINT asks it to. */
  async interrupt(): Promise<void> {
    await this.#end('SIGINT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    await exited;
  }
}

function waitForPort(child: ChildProcess & { stdout: Readable; stderr: Readable }, listening: RegExp): Promise<number> {
  const output: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      child.kill('SIGKILL');
      reject(new Error(`${child.spawnfile} ${what}\n${output.slice(-SHOWN_LINES).join('\n')}`));
    };
    const deadline = setTimeout(() => {
      fail('does not listen');
    }, START_DEADLINE_MS);
    child.once('error', (err) => {
      fail(`could not be started: ${err.message}`);
    });
    child.once('exit', () => {
      clearTimeout(deadline);
      fail('ended');
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (output.length < SHOWN_LINES) output.push(line);
        const port = listening.exec(line)?.[1];
        if (port === undefined) return;
        clearTimeout(deadline);
        resolve(Number(port));
      });
    }
  });
}
