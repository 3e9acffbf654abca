import { existsSync } from 'node:fs';

import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';

export const CHROMIUM_PATH = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

export const NO_CHROMIUM = `no Chromium at ${CHROMIUM_PATH}: install it (Debian: apt-get install chromium) or set CHROMIUM_PATH to one`;

/** Headless, and silent towards everything but the page under test. */
export const CHROMIUM_ARGUMENTS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the machine's Chromium; fails with what to do where there is none. */
export async function launchChromium(): Promise<Browser> {
  if (!existsSync(CHROMIUM_PATH)) throw new Error(NO_CHROMIUM);
  return chromium.launch({ executablePath: CHROMIUM_PATH, args: [...CHROMIUM_ARGUMENTS] });
}

/** As much of a page's element as is asked here, where there are no types of a page. */
interface ElementOfPage {
  getAttribute(name: string): string | null;
}

export interface VisitorOptions extends BrowserContextOptions {
  readonly browser: Browser;
  /** `http://host:port` of the page. */
  readonly origin: string;
  readonly path: string;
  /** Runs in the page before anything of its own. */
  readonly initScript?: string;
  /** Runs before the page is loaded: what it asks of other hosts can be answered here. */
  readonly prepare?: (context: BrowserContext) => Promise<unknown>;
}

/** One visitor's window of the demo page, and what went wrong in it. */
export class Visitor {
  readonly page: Page;
  /** Errors and warnings of the console, and uncaught exceptions. */
  readonly problems: string[] = [];
  /** Addresses of other hosts that the page asked anything of. */
  readonly foreignRequests: string[] = [];

  private constructor(page: Page, host: string) {
    this.page = page;
    const watch = (url: string): void => {
      if (new URL(url).host !== host) this.foreignRequests.push(url);
    };
    page.on('request', (request) => {
      watch(request.url());
    });
    page.on('websocket', (socket) => {
      watch(socket.url());
    });
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.problems.push(message.text());
    });
  }

  /** A window of its own: nothing is shared with other visitors. */
  static async open({ browser, origin, path, initScript, prepare, ...options }: VisitorOptions): Promise<Visitor> {
    const context = await browser.newContext(options);
    if (initScript !== undefined) await context.addInitScript(initScript);
    await prepare?.(context);
    const page = await context.newPage();
    const visitor = new Visitor(page, new URL(origin).host);
    await page.goto(new URL(path, origin).href);
    return visitor;
  }

  get(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  async say(text: string): Promise<void> {
    await this.get('chat-input').fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** The messages shown, oldest first. */
  async texts(): Promise<readonly string[]> {
    return this.get('message-text').allTextContents();
  }

  /** The names in the list of members, as they stand at one moment. */
  async members(): Promise<readonly (string | null)[]> {
    return this.get('members')
      .getByTestId('member')
      .evaluateAll((members: readonly ElementOfPage[]) => members.map((member) => member.getAttribute('data-user')));
  }

  /** Resolves when the pill says that the connection is in this state. */
  async reaches(state: 'live' | 'stale' | 'reconnecting' | 'closed'): Promise<void> {
    await this.page.locator(`[data-testid="status"][data-state="${state}"]`).waitFor();
  }
}
