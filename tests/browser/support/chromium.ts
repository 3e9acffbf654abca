import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { withDeadline } from '@outcry/testkit';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

import { CHROMIUM_ARGUMENTS, CHROMIUM_PATH, NO_CHROMIUM } from '../../e2e/support/browser.ts';
import { DEADLINE_MS } from './scale.ts';

const SAYS_WHERE = /^DevTools listening on (ws:\S+)$/;

type Child = ChildProcessByStdio<null, null, Readable>;

/**
 * The machine's Chromium as its user has it: tabs are hidden behind others, may be frozen, and go into the back-forward cache.
 * One that Playwright starts itself takes every page for seen and focused, and has no such cache.
 */
export class PlainChromium implements AsyncDisposable {
  /** Its one window. */
  readonly window: BrowserContext;
  readonly #browser: Browser;
  readonly #child: Child;
  readonly #profile: string;

  private constructor(parts: { browser: Browser; child: Child; profile: string; window: BrowserContext }) {
    this.window = parts.window;
    this.#browser = parts.browser;
    this.#child = parts.child;
    this.#profile = parts.profile;
  }

  static async start(): Promise<PlainChromium> {
    if (!existsSync(CHROMIUM_PATH)) throw new Error(NO_CHROMIUM);
    const profile = await mkdtemp(join(tmpdir(), 'outcry-chromium-'));
    const own = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
    const child = spawn(CHROMIUM_PATH, [...CHROMIUM_ARGUMENTS, ...own], { stdio: ['ignore', 'ignore', 'pipe'] });
    const address = await withDeadline(addressOf(child), {
      deadlineMs: DEADLINE_MS,
      describe: () => `${CHROMIUM_PATH} did not say where it listens`,
    });
    const browser = await chromium.connectOverCDP(address, { noDefaults: true });
    const [window] = browser.contexts();
    if (window === undefined) throw new Error('expected a browser with a window');
    return new PlainChromium({ browser, child, profile, window });
  }

  /** Stops the clock of every process of the browser, as a machine does that is put to sleep. */
  async suspend(): Promise<Disposable> {
    const session = await this.#browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const pids = processInfo.map(({ id }) => id);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return {
      [Symbol.dispose]: () => {
        for (const pid of pids) process.kill(pid, 'SIGCONT');
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit');
    const session = await this.#browser.newBrowserCDPSession();
    // The end of the connection may overtake the answer.
    await session.send('Browser.close').catch(() => undefined);
    await withDeadline(exited, { deadlineMs: DEADLINE_MS, describe: () => 'Chromium did not end' }).finally(() => {
      this.#child.kill('SIGKILL');
    });
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What it says on stderr; the rest is of no interest, and must be read all the same. */
async function addressOf(child: Child): Promise<string> {
  const lines = createInterface({ input: child.stderr });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`${CHROMIUM_PATH} ended with ${String(code)}`));
    });
    lines.on('line', (line) => {
      const address = SAYS_WHERE.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
}
