import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { endWithThisProcess } from '../children.ts';
import { withDeadline } from '../deadline.ts';
import { Inbox } from '../inbox.ts';

const REPOSITORY = new URL('../../../../', import.meta.url);
/** The Node that the project pins, whatever runs the tests. */
const NODE = fileURLToPath(new URL('node_modules/.bin/node', REPOSITORY));
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 30_000;
const SHOWN_LINES = 40;

/** One line of a service's log: pino's JSON. */
export interface LogRecord {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServiceOptions {
  /** The file to run, from the repository's root. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** Of Node itself. */
  readonly nodeArgs?: readonly string[];
  /** Joins the environment of the tests, from which every `OUTCRY_*` name is taken out first. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files and sockets that it may have open at once; as many as this process where it is left out. */
  readonly maxOpenFiles?: number | undefined;
}

/** What is installed as something that was built. */
const PROGRAM = /^(services\/[^/]+|tools\/(?:cli|loadtest))\/src\/main\.ts$/;

/**
 * The file that is run, from the repository's root: of what is installed what `npm run build` has made of it, where OUTCRY_TEST_BUILT is
 * `true`. That starts in a fraction of the time.
 */
export function fileOf(entry: string, isBuilt = process.env['OUTCRY_TEST_BUILT'] ?? 'false'): string {
  if (isBuilt !== 'true' && isBuilt !== 'false') {
    throw new Error(`OUTCRY_TEST_BUILT is "${isBuilt}": expected true or false`);
  }
  const file = isBuilt === 'true' ? entry.replace(PROGRAM, '$1/dist/main.js') : entry;
  if (file !== entry && !existsSync(new URL(file, REPOSITORY))) throw new Error(`there is no ${file}: npm run build`);
  return file;
}

/** Where that is. */
export function programOf(entry: string): string {
  return fileURLToPath(new URL(fileOf(entry), REPOSITORY));
}

/** A service of this repository as a child process, run from its source, or from its build. */
export class ServiceProcess implements AsyncDisposable {
  readonly exited: Promise<ExitStatus>;
  readonly #entry: string;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #output: string[] = [];
  readonly #log = new Inbox<LogRecord>((record) => record.msg);
  readonly #forget = endWithThisProcess(() => {
    this.kill();
  });
  #hasEnded = false;

  constructor({ entry, args = [], nodeArgs = [], env = {}, maxOpenFiles }: ServiceOptions) {
    this.#entry = entry;
    const [command, ...words] = withFileLimit([NODE, ...nodeArgs, fileOf(entry), ...args], maxOpenFiles);
    this.#child = spawn(command, words, {
      cwd: REPOSITORY,
      env: { ...inheritedEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#keepLine(line);
    });
    createInterface({ input: this.#child.stderr }).on('line', (line) => {
      this.#output.push(line);
    });
    this.exited = this.#watchExit();
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#entry} could not be started`);
    return this.#child.pid;
  }

  /** Every line of stdout and stderr so far. */
  get output(): readonly string[] {
    return this.#output;
  }

  /** The log records among the lines of stdout so far. */
  get log(): readonly LogRecord[] {
    return this.#log.all;
  }

  /** The first record, not waited for before, with this message. Fails with the child's output. */
  async waitForLog(message: string, deadlineMs: number = START_DEADLINE_MS): Promise<LogRecord> {
    try {
      return await this.#log.take((record) => record.msg === message, { what: `log line "${message}"`, deadlineMs });
    } catch (cause) {
      throw new Error(`${this.#entry} did not say "${message}". Its output:\n${this.#tail()}`, { cause });
    }
  }

  /** Asks the service to end (SIGTERM) and waits for it; a service that does not is killed, and the call rejects. */
  async stop(deadlineMs: number = STOP_DEADLINE_MS): Promise<ExitStatus> {
    this.#child.kill('SIGTERM');
    try {
      return await withDeadline(this.exited, {
        deadlineMs,
        describe: () => `${this.#entry} did not end on SIGTERM. Its output:\n${this.#tail()}`,
      });
    } finally {
      this.kill();
    }
  }

  /** Ends the process at once, as a crash would. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Asks the service to read its files again (SIGHUP). */
  reload(): void {
    this.#child.kill('SIGHUP');
  }

  /** Reads no more of its output, as a log shipper that stands still. */
  holdOutput(): void {
    this.#child.stdout.pause();
  }

  /** Reads what has waited, and what comes. */
  readOutput(): void {
    this.#child.stdout.resume();
  }

  /** Stops the process's clock, as a long garbage collection or a paused machine would. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    this.thaw();
    this.readOutput();
    await this.stop();
  }

  #keepLine(line: string): void {
    this.#output.push(line);
    const record = parseRecord(line);
    if (record !== undefined) this.#log.push(record);
  }

  async #watchExit(): Promise<ExitStatus> {
    let status: ExitStatus;
    try {
      // 'close' comes after 'exit' and after the last line of output.
      const [code, signal] = (await once(this.#child, 'close')) as [number | null, NodeJS.Signals | null];
      status = { code, signal };
    } catch (error) {
      this.#output.push(`cannot run ${NODE}: ${String(error)}`);
      status = { code: null, signal: null };
    }
    this.#hasEnded = true;
    this.#forget();
    this.#log.end(new Error(`the process ended (code ${String(status.code)}, signal ${String(status.signal)})`));
    return status;
  }

  #tail(): string {
    return this.#output.slice(-SHOWN_LINES).join('\n') || '(nothing)';
  }
}

/** A command line under a limit that neither the process nor its children can lift. The shell gives its place to the command. */
function withFileLimit(
  command: readonly [string, ...string[]],
  max: number | undefined,
): readonly [string, ...string[]] {
  return max === undefined ? command : ['sh', '-c', `ulimit -n ${String(max)} && exec "$@"`, 'sh', ...command];
}

/** `OUTCRY_*` settings of the person who runs the tests must not reach the services, which refuse names they do not know. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('OUTCRY_')));
}

function parseRecord(line: string): LogRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isRecord = typeof value === 'object' && value !== null && 'msg' in value && typeof value.msg === 'string';
    return isRecord ? (value as LogRecord) : undefined;
  } catch {
    return undefined;
  }
}
