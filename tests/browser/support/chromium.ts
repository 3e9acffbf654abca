import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ChildServer, withDeadline } from '@outcry/testkit';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

import { CHROMIUM_ARGUMENTS, CHROMIUM_PATH, NO_CHROMIUM } from '../../e2e/support/browser.ts';
import { DEADLINE_MS } from './scale.ts';

const SAYS_WHERE = /^DevTools listening on (ws:\S+)$/;

/**
 * The machine's Chromium as its user has it: tabs are hidden behind others, may be frozen, and go into the back-forward cache.
 * One that Playwright starts itself takes every page for seen and focused, and has no such cache.
 */
export class PlainChromium implements AsyncDisposable {
  /** Its one window. */
  readonly window: BrowserContext;
  readonly #browser: Browser;
  readonly #server: ChildServer;
  readonly #profile: string;

  private constructor(parts: { browser: Browser; server: ChildServer; profile: string; window: BrowserContext }) {
    this.window = parts.window;
    this.#browser = parts.browser;
    this.#server = parts.server;
    this.#profile = parts.profile;
  }

  static async start(): Promise<PlainChromium> {
    if (!existsSync(CHROMIUM_PATH)) throw new Error(NO_CHROMIUM);
    const profile = await mkdtemp(join(tmpdir(), 'outcry-chromium-'));
    const own = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
    const args = [...CHROMIUM_ARGUMENTS, ...own];
    const server = new ChildServer({ command: CHROMIUM_PATH, args, ready: SAYS_WHERE });
    const [, address = ''] = await server.start();
    const browser = await chromium.connectOverCDP(address, { noDefaults: true });
    const [window] = browser.contexts();
    if (window === undefined) throw new Error('expected a browser with a window');
    return new PlainChromium({ browser, server, profile, window });
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
    const session = await this.#browser.newBrowserCDPSession();
    // The end of the connection may overtake the answer.
    await session.send('Browser.close').catch(() => undefined);
    await withDeadline(this.#server.ended, {
      deadlineMs: DEADLINE_MS,
      describe: () => 'Chromium did not end',
    }).finally(() => this.#server.kill());
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
