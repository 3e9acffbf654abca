import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { consoleDirectory } from '@outcry/console';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { metricOf } from '../metrics.ts';
import { launchChromium, Visitor } from './support/browser.ts';
import { DeafProxy } from './support/deaf-proxy.ts';
import { ConsoleStage, DESK_KEY, EVIL, WATCHER_KEY } from './support/console-stage.ts';

const POLL = { timeout: 20_000, interval: 50 };
/** As narrow as WCAG 2.2 has pages be read without going sideways (1.4.10). */
const PHONE = { viewport: { width: 320, height: 844 }, isMobile: true, hasTouch: true };
/** Every kind of view that shows what strangers have chosen. */
const VIEWS = [
  ...['#/rooms', '#/rooms?by=members', '#/clients'],
  ...['rooms', 'users', 'connections'].map((kind) => `#/${kind}/${encodeURIComponent(EVIL)}`),
];
const PARTS = ['#/health/shards', '#/health/hooks', '#/health/archive'];
/** What is looked at by axe: every view once, and what has all the colours in the dark. */
const LOOKS = {
  light: ['#/', '#/rooms?by=bytes', '#/rooms/lobby', '#/users/ann', '#/clients', '#/books', '#/health', ...PARTS],
  dark: ['#/', '#/users/ann', ...PARTS],
} as const;

const ON_A_PHONE = ['#/', '#/books', '#/users/ann', '#/health', ...PARTS, ...VIEWS];

let browser: Browser;
let stage: ConsoleStage;
let desk: Visitor;

beforeAll(async () => {
  [browser, stage] = await Promise.all([launchChromium(), ConsoleStage.start()]);
  await stage.play();
  desk = await enter(DESK_KEY);
});
afterAll(async () => {
  await browser.close();
  await stage.stop();
});

async function enter(key: string, options: BrowserContextOptions = {}): Promise<Visitor> {
  const visitor = await Visitor.open({ browser, origin: stage.origin, path: '/console/', ...options });
  await visitor.get('key').fill(key);
  await visitor.get('enter').click();
  await visitor.get('node').first().waitFor();
  return visitor;
}

/** Shows a view, and waits until it has been asked for. */
async function look(visitor: Visitor, hash: string): Promise<void> {
  await visitor.page.goto(`${stage.origin}/console/${hash}`);
  await visitor.page.locator(`[data-shown=${JSON.stringify(hash)}]`).waitFor();
}

/** The commands that the page asks by itself, from now on. */
function watchRequests({ page }: Visitor): readonly string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/api/')) asked.push(pathname.slice('/api/'.length));
  });
  return asked;
}

/** What a browser does with a tab behind another one; by itself, one without a screen takes all of them for seen. */
function hide({ page }: Visitor): Promise<unknown> {
  return page.evaluate(`
    Object.defineProperty(document, 'hidden', { configurable: true, value: true });
    document.dispatchEvent(new Event('visibilitychange'));
  `);
}

function show({ page }: Visitor): Promise<unknown> {
  return page.evaluate(`delete document.hidden; document.dispatchEvent(new Event('visibilitychange'));`);
}

/** What a visitor does, in order: each is a click, or a name in the search and return. */
type Step = { readonly click: string } | { readonly find: string };

/** docs/CONSOLE.md has the same, in the same words. */
const QUESTIONS: readonly (readonly [
  question: string,
  steps: readonly Step[],
  place: string,
  answers: readonly string[],
])[] = [
  [
    'Why did ann lose her connection?',
    [{ find: 'ann' }],
    'closed',
    ['read too slowly', '4202 slow-consumer', 'gw-2', 'pit'],
  ],
  ['Was it carol, or her network?', [{ find: 'carol' }], 'closed', ['The line broke', 'by the network']],
  ['Why does dave not come back?', [{ find: 'dave' }], 'closed', ['sent away', 'gw-1', '4008 disconnected']],
  [
    'Where is bob connected, and what does he read?',
    [{ find: 'bob' }],
    'open',
    ['gw-2', 'pit', 'lobby', 'BTCUSDT/10/100'],
  ],
  ['Which room fills Redis?', [{ click: 'tab-rooms' }, { click: 'by-bytes' }], 'room', ['pit', 'MB']],
  ['Which room is loud?', [{ click: 'tab-rooms' }], 'room', ['pit', 'ms/s']],
  ['What was said in the lobby, and by whom?', [{ find: '#lobby' }], 'message', ['carol', 'is anybody there?']],
  ['Which client asks the most, and for what?', [{ click: 'tab-clients' }], 'busy', ['bob', 'gw-2']],
  [
    'Is the book of BTCUSDT old, and who watches it?',
    [{ click: 'tab-books' }],
    'book',
    ['live', 'simulated', '10 / 100 ms × 1'],
  ],
  [
    'How full is Redis, and how far away?',
    [{ click: 'tab-health' }, { click: 'look-shards' }],
    'shard',
    ['up', 'writable', 'ms', 'MB', 'primary'],
  ],
  [
    'Why do calls fail?',
    [{ click: 'tab-health' }, { click: 'look-hooks' }],
    'hook',
    ['rpc', 'gw-2', 'not asked', 'status', 'ms'],
  ],
  [
    'Why does last year not load?',
    [{ click: 'tab-health' }, { click: 'look-archive' }],
    'reader',
    ['minutes-*', 'cannot be read'],
  ],
  ['Which publisher leads BTCUSDT?', [{ click: 'tab-books' }], 'book', [hostname(), 'since']],
  [
    'Does anybody archive?',
    [{ click: 'tab-health' }, { click: 'look-archive' }],
    'view',
    ['0 of 16', 'Nobody: what is said waits in Redis'],
  ],
  ['Is Redis there, and since when?', [{ click: 'tab-health' }], 'check', ['broker', 'ok', 'since']],
];

describe('questions of whoever is on call', () => {
  it.each(QUESTIONS)('%s', async (...[, steps, place, answers]) => {
    expect(steps.length).toBeLessThanOrEqual(2);
    for (const step of steps) {
      if ('click' in step) await desk.get(step.click).click();
      else {
        await desk.get('search').fill(step.find);
        await desk.page.keyboard.press('Enter');
      }
    }
    for (const answer of answers) {
      await expect.poll(() => desk.get(place).first().textContent({ timeout: 5000 }), POLL).toContain(answer);
    }
  });
});

describe('what is done', () => {
  it('is confirmed, with a reason, and is in the log with the name of the key', async () => {
    const [gateway] = stage.gateways;
    await look(desk, '#/');
    await desk.page.locator('[data-action="drain"][data-subject="gw-1"]').click();
    await desk.get('reason').fill('it is slow');
    await desk.get('confirm-yes').click();
    await expect
      .poll(() => desk.get('problem').allTextContents(), POLL)
      .toContainEqual(expect.stringContaining('draining'));
    for (let deed = {}; !('command' in deed && deed.command === 'drain');) {
      deed = await gateway.process.waitForLog('operator acted');
      if ('command' in deed && deed.command === 'drain') {
        expect(deed).toMatchObject({ key: 'desk', node: 'gw-1', reason: 'it is slow', outcome: 'done' });
      }
    }
    await desk.page.locator('[data-action="undrain"][data-subject="gw-1"]').click();
    await desk.get('confirm-yes').click();
    await expect.poll(() => desk.get('problem').filter({ hasText: 'draining' }).count(), POLL).toBe(0);
  });

  it('says why it is not done: nobody is told of traces here', async () => {
    // A browser writes refusals down: what the others find there is nothing.
    const visitor = await enter(DESK_KEY);
    await look(visitor, '#/rooms/pit');
    await visitor.get('do-trace').click();
    await visitor.get('confirm-yes').click();
    await expect.poll(() => visitor.get('confirm').textContent(), POLL).toContain('OUTCRY_TRACE_URL');
    await visitor.page.context().close();
  });

  it('is not done where it is not confirmed', async () => {
    await look(desk, '#/users/bob');
    await desk.get('do-disconnect').click();
    await desk.page.keyboard.press('Enter');
    await desk.get('confirm').waitFor({ state: 'hidden' });
    expect(await stage.command('connections', { user: 'bob' })).not.toHaveProperty('connections.0.closed');
  });

  it('cannot be done with a key that looks only', async () => {
    const watcher = await enter(WATCHER_KEY);
    expect(await watcher.get('who').textContent()).toContain('looks only');
    for (const hash of ['#/', '#/users/bob', '#/rooms/pit']) {
      await look(watcher, hash);
      const buttons = watcher.page.locator('[data-action]:not([data-action="again"])');
      expect(await buttons.count()).toBeGreaterThan(0);
      expect(await buttons.and(watcher.page.locator(':not([disabled])')).count()).toBe(0);
    }
    await watcher.page.context().close();
  });
});

describe('strangers', () => {
  it('run nothing by their names, their rooms and what they say', async () => {
    for (const hash of VIEWS) {
      await look(desk, hash);
      expect(await desk.page.evaluate('window.isTaken'), hash).toBeUndefined();
    }
    await look(desk, `#/rooms/${encodeURIComponent(EVIL)}`);
    expect(await desk.get('message').first().textContent()).toContain(EVIL);
    await look(desk, `#/users/${encodeURIComponent(EVIL)}`);
    await desk.get('do-revoke').click();
    expect(await desk.get('confirm').textContent()).toContain(EVIL);
    await desk.page.keyboard.press('Escape');
    expect(await desk.page.evaluate('window.isTaken')).toBeUndefined();
    expect(desk.problems).toEqual([]);
    expect(desk.foreignRequests).toEqual([]);
  });

  it('can neither frame the page nor send requests in its visitor’s name', async () => {
    const attacker = await serveAttack(stage.origin);
    const { port } = attacker.address() as AddressInfo;
    // In the same browser as a visitor who has kept the key.
    const page = await desk.page.context().newPage();
    await page.goto(`http://127.0.0.1:${String(port)}/`);
    await page.getByText('done').waitFor();
    expect(await page.locator('#outcomes').textContent()).toBe('opaque, refused');
    expect(page.frames().some((frame) => frame.url().startsWith(stage.origin))).toBe(false);
    const [answer] = await Promise.all([page.waitForResponse(`${stage.origin}/api/disconnect`), page.click('#send')]);
    expect(answer.status()).toBe(401);
    expect(await stage.command('connections', { user: 'bob' })).not.toHaveProperty('connections.0.closed');
    expect(await desk.page.context().cookies()).toEqual([]);
    await page.close();
    attacker.close();
  });

  it('are told by every answer what the page may do', async () => {
    for (const path of ['/console/', '/console/none', '/console/../secret']) {
      const { headers, status } = await fetch(`${stage.origin}${path}`);
      if (path === '/console/') expect(status).toBe(200);
      const policy = headers.get('content-security-policy') ?? '';
      if (path.includes('..')) continue;
      for (const part of ["default-src 'none'", "frame-ancestors 'none'", "script-src 'self'", "form-action 'none'"]) {
        expect(policy).toContain(part);
      }
      expect(policy).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('set-cookie')).toBeNull();
    }
  });
});

describe('what is on the screen', () => {
  it('changes as the cluster does, in every view, and nothing is asked for', async () => {
    const visitor = await enter(WATCHER_KEY);
    const asked = watchRequests(visitor);
    for (const hash of ['#/', '#/rooms', '#/clients', '#/users/eve', '#/books', '#/health', ...PARTS]) {
      await look(visitor, hash);
      await expect.poll(() => visitor.get('updated').textContent(), POLL).toContain('live');
    }
    await look(visitor, '#/users/eve');
    expect(await visitor.get('open').count()).toBe(0);
    const eve = await stage.enter('eve', ['lobby']);
    await expect.poll(() => visitor.get('open').count(), POLL).toBe(1);
    await eve.close();
    await expect.poll(() => visitor.get('closed').count(), POLL).toBe(1);
    await look(visitor, '#/rooms/lobby');
    await stage.command('publish', { room: 'lobby', from: 'carol', data: { text: 'I am back' } });
    await expect.poll(() => visitor.get('message').first().textContent(), POLL).toContain('I am back');
    await expect.poll(() => visitor.get('updated').textContent(), POLL).toContain('live');
    // What a room weighs is asked once: it costs more than the rest.
    expect(asked).toEqual(['rooms']);
    expect(visitor.problems).toEqual([]);
    await visitor.page.context().close();
  });

  it('is asked for by nobody when the last tab is hidden or closed', async () => {
    await desk.page.context().close();
    const [gateway] = stage.gateways;
    await expect.poll(() => metricOf(gateway, 'outcry_gateway_console_rooms'), POLL).toBe(0);
    const visitors = [await enter(WATCHER_KEY), await enter(DESK_KEY)];
    for (const visitor of visitors) {
      await expect.poll(() => visitor.get('updated').textContent(), POLL).toContain('live');
    }
    // Both see the same: each question is asked once for both.
    expect(await metricOf(gateway, 'outcry_gateway_console_sockets')).toBe(2);
    expect(await metricOf(gateway, 'outcry_gateway_console_rooms')).toBe(3);
    const [hidden, closed] = visitors as [Visitor, Visitor];
    await hide(hidden);
    expect(await metricOf(gateway, 'outcry_gateway_console_rooms')).toBe(3);
    await closed.page.context().close();
    await expect.poll(() => metricOf(gateway, 'outcry_gateway_console_rooms'), POLL).toBe(0);
    await expect.poll(() => metricOf(gateway, 'outcry_gateway_console_sockets'), POLL).toBe(1);
    await show(hidden);
    await expect.poll(() => metricOf(gateway, 'outcry_gateway_console_rooms'), POLL).toBe(3);
    await hidden.page.context().close();
    await expect.poll(() => metricOf(gateway, 'outcry_gateway_console_rooms'), POLL).toBe(0);
    desk = await enter(DESK_KEY);
  });

  it('is asked for every two seconds where no WebSocket gets through, and comes by itself once one does', async () => {
    const proxy = await DeafProxy.start(stage.origin);
    const visitor = await Visitor.open({ browser, origin: proxy.origin, path: '/console/' });
    await visitor.get('key').fill(WATCHER_KEY);
    await visitor.get('enter').click();
    await visitor.get('node').first().waitFor();
    await expect.poll(() => visitor.get('updated').textContent(), POLL).toContain('every 2 s');
    const asked = watchRequests(visitor);
    await visitor.page.goto(`${proxy.origin}/console/#/users/mallory`);
    await visitor.get('view').getByText('No connection on any gateway').waitFor();
    const mallory = await stage.enter('mallory', ['lobby']);
    await expect.poll(() => visitor.get('open').count(), POLL).toBe(1);
    expect(asked.filter((command) => command === 'connections').length).toBeGreaterThan(1);
    expect(await visitor.get('trouble').isVisible()).toBe(false);
    proxy.listen();
    await expect.poll(() => visitor.get('updated').textContent(), POLL).toContain('live');
    await mallory.close();
    await expect.poll(() => visitor.get('closed').count(), POLL).toBe(1);
    await visitor.page.context().close();
    await proxy.stop();
  });
});

describe('everybody', () => {
  it('can use it: axe finds nothing, in no view, light or dark', async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const visitor = await Visitor.open({ browser, origin: stage.origin, path: '/console/', bypassCSP: true });
    const violations = async (): Promise<unknown> =>
      visitor.page.evaluate(
        `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))`,
      );
    await visitor.page.evaluate(axe);
    expect(await violations()).toEqual([]);
    await visitor.get('key').fill(DESK_KEY);
    await visitor.get('enter').click();
    await visitor.get('node').first().waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await visitor.page.emulateMedia({ colorScheme });
      for (const hash of LOOKS[colorScheme]) {
        await look(visitor, hash);
        expect(await violations(), `${hash} ${colorScheme}`).toEqual([]);
      }
      await look(visitor, '#/');
      await visitor.get('do-drain').first().click();
      await visitor.get('confirm-yes').waitFor();
      expect(await violations(), `dialog ${colorScheme}`).toEqual([]);
      await visitor.page.keyboard.press('Escape');
    }
    await visitor.page.context().close();
  });

  it('can use it on a phone: nothing goes past its sides', async () => {
    // A phone makes its window as wide as what is in it.
    const { width } = PHONE.viewport;
    const widthOf = ({ page }: Visitor): Promise<number> => page.evaluate('document.documentElement.scrollWidth');
    const stranger = await Visitor.open({ browser, origin: stage.origin, path: '/console/', ...PHONE });
    expect(await widthOf(stranger), 'the entrance').toBe(width);
    await stranger.page.context().close();
    const phone = await enter(DESK_KEY, PHONE);
    for (const hash of ON_A_PHONE) {
      await look(phone, hash);
      expect.soft(await widthOf(phone), hash).toBe(width);
    }
    await phone.page.context().close();
  });
});

it('marks what it shows by the address that it is of, and not by one that it has not been told of', async () => {
  await look(desk, '#/');
  // Nobody is told of an address that is pushed.
  await desk.page.evaluate(`
    history.pushState(null, '', '#/books');
    document.querySelector('[data-shown]').setAttribute('data-shown', 'before');
  `);
  await desk.page.locator('[data-shown]:not([data-shown="before"])').waitFor();
  expect(await desk.page.locator('[data-shown]').getAttribute('data-shown')).toBe('#/');
});

it('says why a name cannot be asked for, and asks for it no more', async () => {
  const asked = watchRequests(desk);
  await look(desk, `#/users/${'a'.repeat(129)}`);
  expect(await desk.page.locator('.empty').textContent()).toMatch(
    /^This cannot be asked: expected a user \(1 to 128 bytes/,
  );
  expect(asked).toEqual(['connections']);
});

it('is 80 kB of gzip at most, page, script and styles together', () => {
  const files = readdirSync(consoleDirectory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.gz'),
  );
  const bytes = files.reduce((sum, name) => sum + statSync(join(consoleDirectory, name)).size, 0);
  console.log(`the console: ${String(bytes)} bytes of gzip`);
  expect(files.length).toBeGreaterThanOrEqual(3);
  expect(bytes).toBeLessThanOrEqual(80_000);
});

it('forgets the key with the page, unless it is to be kept in the tab', async () => {
  await look(desk, '#/');
  await desk.page.reload();
  await desk.get('key').waitFor();
  await desk.get('key').fill('a-key-that-is-none-of-those');
  await desk.get('enter').click();
  await expect.poll(() => desk.get('key-problem').textContent(), POLL).toContain('no key of this cluster');
  await desk.page.getByLabel('Keep it').check();
  await desk.get('key').fill(DESK_KEY);
  await desk.get('enter').click();
  await desk.get('node').first().waitFor();
  await desk.page.reload();
  await desk.get('node').first().waitFor();
  await desk.get('leave').click();
  await desk.get('key').waitFor();
  expect(await desk.page.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
});

it('shows what one gateway knows while Redis is away, and says that the others cannot be asked', async () => {
  const visitor = await enter(DESK_KEY);
  await look(visitor, '#/health/shards');
  expect(await visitor.get('alone').count()).toBe(0);
  await stage.loseRedis();
  await expect.poll(() => visitor.get('alone').count(), POLL).toBe(1);
  await expect.poll(() => visitor.get('shard').textContent(), POLL).toContain('down');
  await visitor.get('look-checks').click();
  await expect.poll(() => visitor.get('check').first().textContent(), POLL).toContain('broker unavailable');
  await visitor.page.goto(`${stage.origin}/console/#/`);
  await expect.poll(() => visitor.get('unlisted').count(), POLL).toBe(1);
  expect(await visitor.get('problem').count()).toBeGreaterThan(0);
  await visitor.page.context().close();
});

/** A page of somebody else's, which tries what a page can. */
function serveAttack(target: string): Promise<Server> {
  const body = JSON.stringify({ user: 'bob' });
  const page = `<!doctype html><iframe src="${target}/console/"></iframe>
    <form method="post" enctype="text/plain" action="${target}/api/disconnect"><input name='{"user":"bob","x":"' value='"}'><button id="send">send</button></form>
    <p id="outcomes"></p><p id="end"></p>
    <script>
      const tries = [{ mode: 'no-cors', credentials: 'include' }, { headers: { authorization: 'Bearer guess' } }];
      const outcomes = tries.map((options) =>
        fetch('${target}/api/disconnect', { method: 'POST', body: '${body}', ...options }).then(({ type }) => type, () => 'refused'));
      Promise.all(outcomes).then((all) => {
        document.getElementById('outcomes').textContent = all.join(', ');
        document.getElementById('end').textContent = 'done';
      });
    </script>`;
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(page);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(server);
    });
  });
}
