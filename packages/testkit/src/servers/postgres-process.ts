import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

import { leasePort, type PortLease } from '../port-lease.ts';
import { ChildServer } from './child-server.ts';

const HOST = '127.0.0.1';
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
  readonly #server: ChildServer;

  private constructor(lease: PortLease, bin: string, folder: string) {
    this.#lease = lease;
    this.port = lease.port;
    this.#bin = bin;
    this.#folder = folder;
    const settings = [`port=${String(this.port)}`, `listen_addresses=${HOST}`, `unix_socket_directories=${folder}`];
    this.#server = new ChildServer({
      command: `${bin}postgres`,
      args: ['-D', this.#data, ...settings.flatMap((setting) => ['-c', setting])],
      ...systemUser(),
      cwd: folder,
      ready: /ready to accept connections/,
      // SIGKILL would leave its children to themselves, which hold the port and the memory that they share.
      killSignal: 'SIGQUIT',
    });
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
    await this.#server.start();
  }

  /** Ends it at once, as a crash would: nothing is written any more, and the next start recovers from the log. */
  async kill(): Promise<void> {
    await this.#server.kill();
  }

  /** Ends it by `kill -9`, and all of its processes with it: none of them can do anything before its end. Linux only. */
  async crash(): Promise<void> {
    const { pid } = this.#server;
    if (pid === undefined) return;
    // Of one that goes on it would see the end, and begin anew what it lost.
    this.#server.signal('SIGSTOP');
    const pids = await childrenOf(pid);
    for (const child of pids) killIfThere(child);
    await this.#server.kill('SIGKILL');
    while (pids.some((child) => isRunning(child))) await pause(CRASH_POLL_MS);
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
