import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

import { withDeadline } from './deadline.ts';
import { leasePort, type PortLease } from './port-lease.ts';

const HOST = '127.0.0.1';
const START_DEADLINE_MS = 60_000;
const CRASH_POLL_MS = 5;
/** Where Debian puts them, which is not on the PATH. */
const BIN_FOLDERS = [18, 17, 16, 15].map((major) => `/usr/lib/postgresql/${String(major)}/bin/`);
const HELP = 'install PostgreSQL 15 or newer (Debian: apt-get install postgresql)';
const OWNER = 'outcry';
const DATABASE = 'outcry';
/** The user that Debian's package makes: a server refuses to run as root. */
const SYSTEM_USER = 'postgres';

/** A PostgreSQL of the test's own in a temporary folder, on a port that it keeps over restarts, until it is disposed of. */
export class PostgresProcess implements AsyncDisposable {
  readonly host = HOST;
  readonly port: number;
  readonly #lease: PortLease;
  readonly #bin: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;

  private constructor(lease: PortLease, bin: string, folder: string) {
    this.#lease = lease;
    this.port = lease.port;
    this.#bin = bin;
    this.#folder = folder;
  }

  /** @throws Error that says how to get a PostgreSQL, where there is none */
  static async start(): Promise<PostgresProcess> {
    const bin = findBinaries();
    const folder = await mkdtemp(join(tmpdir(), 'outcry-postgres-'));
    const server = new PostgresProcess(await leasePort(), bin, folder);
    try {
      await server.#initialize();
      await server.restart();
      await server.#run('createdb', ['--host', HOST, '--port', String(server.port), '--username', OWNER, DATABASE]);
    } catch (err) {
      await server[Symbol.asyncDispose]();
      throw err;
    }
    return server;
  }

  /** As the owner of the database, or as another role; there are no passwords. */
  urlOf(role: string = OWNER, database: string = DATABASE): string {
    return `postgres://${role}@${HOST}:${String(this.port)}/${database}`;
  }

  get url(): string {
    return this.urlOf();
  }

  /** Starts the server again after `kill`; resolves when it takes connections. */
  async restart(): Promise<void> {
    const settings = [
      `port=${String(this.port)}`,
      `listen_addresses=${HOST}`,
      `unix_socket_directories=${this.#folder}`,
    ];
    const args = ['-D', this.#data, ...settings.flatMap((setting) => ['-c', setting])];
    const child = spawn(`${this.#bin}postgres`, args, {
      ...systemUser(),
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    // A server that outlives the tests would hold its port for ever.
    const kill = (): void => {
      child.kill('SIGQUIT');
    };
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    await waitUntilReady(child);
  }

  /** Ends it at once, as a crash would: nothing is written any more, and the next start recovers from the log. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    // SIGKILL would leave its children to themselves, which hold the port and the memory that they share.
    child.kill('SIGQUIT');
    await exited;
  }

  /** Ends it by `kill -9`, and all of its processes with it: none of them can do anything before its end. Linux only. */
  async crash(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    // Of one that goes on it would see the end, and begin anew what it lost.
    child.kill('SIGSTOP');
    const pids = await childrenOf(child.pid);
    for (const pid of pids) killIfThere(pid);
    child.kill('SIGKILL');
    await exited;
    while (pids.some((pid) => isRunning(pid))) await pause(CRASH_POLL_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
    this.#lease[Symbol.dispose]();
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  async #initialize(): Promise<void> {
    const { uid, gid } = systemUser();
    await chmod(this.#folder, 0o700);
    if (uid !== undefined && gid !== undefined) await chown(this.#folder, uid, gid);
    const how = ['--username', OWNER, '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'];
    await this.#run('initdb', ['-D', this.#data, ...how]);
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    await promisify(execFile)(`${this.#bin}${program}`, args, { ...systemUser(), cwd: this.#folder });
  }
}

function findBinaries(): string {
  const found = ['', ...BIN_FOLDERS].find((folder) =>
    ['postgres', 'initdb', 'createdb'].every((name) => spawnSync(`${folder}${name}`, ['--version']).status === 0),
  );
  if (found === undefined) throw new Error(`no PostgreSQL for the tests: ${HELP}`);
  return found;
}

/** As whom it runs: as whoever runs the tests, unless that is root. */
function systemUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((which) => Number(spawnSync('id', [which, SYSTEM_USER]).stdout));
  if (uid === undefined || gid === undefined || uid === 0) throw new Error(`no user ${SYSTEM_USER}: ${HELP}`);
  return { uid, gid };
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const pids = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
  return pids.split(' ').filter(Boolean).map(Number);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** One that has ended and was not waited for holds nothing. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function waitUntilReady(child: ChildProcess & { stderr: NodeJS.ReadableStream }): Promise<void> {
  const output: string[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      reject(new Error(`postgres ended:\n${output.join('\n')}`));
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      output.push(line);
      if (line.includes('ready to accept connections')) resolve();
    });
  });
  await withDeadline(ready, { deadlineMs: START_DEADLINE_MS, describe: () => 'postgres was not ready' });
}
