import { fileURLToPath } from 'node:url';

import { closeCode, FaultProxy, type GatewayProcess, RawClient, startStandalone } from '@outcry/testkit';
import type { Browser } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { launchChromium, Visitor, type VisitorOptions } from './support/browser.ts';

const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const SCREENSHOTS = fileURLToPath(new URL('../../artifacts/', import.meta.url));
const API_KEY = 'a-key-of-a-server-of-the-operator';
const POLL = { timeout: 30_000 };

describe('the demo page in Chromium', () => {
  let standalone: GatewayProcess;
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
    standalone = await startStandalone({ apiKeys: API_KEY });
    return async () => {
      await browser.close();
      await standalone[Symbol.asyncDispose]();
    };
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
  });

  function open(path: string, options: Partial<VisitorOptions> = {}): Promise<Visitor> {
    return Visitor.open({ browser, origin: standalone.publicUrl, path, ...DESKTOP, ...options });
  }

  async function announce(text: string): Promise<void> {
    const headers = { authorization: `Bearer ${API_KEY}` };
    const body = JSON.stringify({ data: { text } });
    const response = await fetch(`${standalone.internalUrl}/api/announce`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
  }

  it('lets two visitors chat both ways, shows both who is there, and each message once', async () => {
    const ann = await open('/?name=ann&room=pit', { colorScheme: 'dark' });
    const bob = await open('/?name=bob&room=pit', PHONE);
    await expect.poll(() => ann.members(), POLL).toEqual(['ann', 'bob']);
    await expect.poll(() => bob.members(), POLL).toEqual(['ann', 'bob']);

    await ann.say('sold to you, bob');
    await expect.poll(() => bob.texts(), POLL).toEqual(['sold to you, bob']);
    await bob.get('chat-input').pressSequentially('b');
    await expect.poll(() => ann.get('chat-typing').textContent(), POLL).toBe('bob is typing…');
    await bob.say('bought, ann');
    const talk = ['sold to you, bob', 'bought, ann'];
    await expect.poll(() => ann.texts(), POLL).toEqual(talk);
    await expect.poll(() => bob.texts(), POLL).toEqual(talk);

    const late = await open('/?name=cy&room=pit');
    await expect.poll(() => late.texts(), POLL).toEqual(talk);
    await ann.get('level').first().waitFor();
    await ann.page.screenshot({ path: `${SCREENSHOTS}demo-desktop.png` });
    for (const visitor of [ann, bob, late]) {
      expect(visitor.problems).toEqual([]);
      expect(visitor.foreignRequests).toEqual([]);
    }
  });

  it('shows names of the world as they are, and makes nothing of markup in them', async () => {
    const room = 'комната/<b title="x">&amp;</b>';
    const user = '<img src="x" onerror="document.title=1">ann@example.org';
    const kim = await open(`/?name=kim&room=${encodeURIComponent(room)}`);
    const stranger = await RawClient.connect({ url: standalone.url, encoding: 'json' });
    await stranger.expectAnswer('ack', { type: 'auth', token: user });
    await stranger.expectAnswer('joined', { type: 'join', room, history: 0 });
    await stranger.expectAnswer('ack', { type: 'publish', room, data: { text: 'hello' } });
    await expect.poll(() => kim.texts(), POLL).toEqual(['hello']);
    await expect.poll(() => kim.members(), POLL).toEqual([user, 'kim']);
    await expect.poll(() => kim.page.locator('body').textContent(), POLL).toContain(user);
    expect(await kim.page.locator('body').textContent()).toContain(room);
    expect(await kim.page.locator('img, b[title=x]').count()).toBe(0);
    expect(kim.problems).toEqual([]);
    stranger.socket.destroy();
  });

  it('shows a ladder that moves, at the depth that is chosen', async () => {
    const dora = await open('/?name=dora&room=pit', PHONE);
    await dora.get('tab-book').tap();
    const [asks, bids] = [dora.get('ladder-asks'), dora.get('ladder-bids')];
    await expect.poll(() => asks.getByTestId('level').count(), POLL).toBe(10);
    await expect.poll(() => bids.getByTestId('level').count(), POLL).toBe(10);
    const levels = async (): Promise<string> => ((await asks.textContent()) ?? '') + ((await bids.textContent()) ?? '');
    const before = await levels();
    await expect.poll(levels, POLL).not.toBe(before);
    await expect.poll(() => dora.get('ladder-badge').getAttribute('data-state'), POLL).toBe('live');
    await dora.page.screenshot({ path: `${SCREENSHOTS}demo-phone.png` });

    await dora.get('ladder-depth').getByText('25', { exact: true }).tap();
    await expect.poll(() => bids.getByTestId('level').count(), POLL).toBe(25);
    expect(dora.problems).toEqual([]);
    expect(dora.foreignRequests).toEqual([]);
  });

  it('resumes after a lost connection: what was missed is shown, what was said meanwhile is sent', async () => {
    await using proxy = await FaultProxy.start({ host: '127.0.0.1', port: standalone.port });
    const erin = await open('/?name=erin&room=den', { origin: `http://127.0.0.1:${String(proxy.port)}` });
    const finn = await open('/?name=finn&room=den');
    await erin.say('before');
    await expect.poll(() => finn.texts(), POLL).toEqual(['before']);

    await proxy.cut();
    await erin.reaches('reconnecting');
    await expect.poll(() => erin.get('ladder-badge').getAttribute('data-state'), POLL).toBe('stale');
    await finn.say('missed');
    await expect.poll(() => finn.texts(), POLL).toEqual(['before', 'missed']);
    await erin.say('said offline');
    await proxy.restore();

    await erin.reaches('live');
    const talk = ['before', 'missed', 'said offline'];
    await expect.poll(() => erin.texts(), POLL).toEqual(talk);
    await expect.poll(() => finn.texts(), POLL).toEqual(talk);
    await erin.get('divider-resumed').waitFor();
    expect(await erin.get('divider-gap').count()).toBe(0);
    await expect.poll(() => erin.get('ladder-badge').getAttribute('data-state'), POLL).toBe('live');
  });

  it('shows what the server tells everybody until it is put away, and that the other writes in a direct message', async () => {
    const ida = await open('/?name=ida&room=pit');
    const jon = await open('/?name=jon&room=pit', { ...PHONE, colorScheme: 'dark' });
    for (const visitor of [ida, jon]) await expect.poll(() => visitor.members(), POLL).toEqual(['ida', 'jon']);
    await announce('The floor closes at 22:00 for ten minutes. Orders stay where they are.');
    for (const visitor of [ida, jon]) await visitor.get('announcement').waitFor();
    expect(await ida.get('announcement-text').textContent()).toMatch(/^The floor closes at 22:00/);
    await jon.page.reload();
    await jon.get('announcement').waitFor();

    await ida.get('members').getByRole('button', { name: 'jon' }).click();
    await ida.say('seen it?');
    await jon.get('tab-rail').tap();
    await jon.get('direct').getByRole('button').tap();
    await expect.poll(() => jon.texts(), POLL).toEqual(['seen it?']);
    await jon.get('chat-input').pressSequentially('y');
    await expect.poll(() => ida.get('chat-typing').textContent(), POLL).toBe('jon is typing…');
    await ida.page.screenshot({ path: `${SCREENSHOTS}demo-announcement.png` });
    await jon.page.screenshot({ path: `${SCREENSHOTS}demo-announcement-phone-dark.png` });

    await ida.get('announcement-dismiss').press('Enter');
    await expect.poll(() => ida.get('announcement').isVisible(), POLL).toBe(false);
    await announce('All clear.');
    await expect.poll(() => ida.get('announcement-text').textContent(), POLL).toBe('All clear.');
    expect([...ida.problems, ...jon.problems]).toEqual([]);
  });

  it('sends what is written where the last press went, before anything has been drawn', async () => {
    const kim = await open('/?name=kim&room=loft');
    const lee = await open('/?name=lee&room=loft');
    await expect.poll(() => kim.members(), POLL).toEqual(['kim', 'lee']);
    // A press and a line in one task of the page: no frame lies between them.
    await kim.page.evaluate(`{
      document.querySelector('#members [data-user="lee"] button').click();
      const input = document.querySelector('[data-testid="chat-input"]');
      input.value = 'for you alone';
      input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    }`);
    await lee.get('direct').getByRole('button').click();
    await expect.poll(() => lee.texts(), POLL).toEqual(['for you alone']);
    await lee.get('room').getByRole('button').first().click();
    await lee.say('anybody here?');
    await expect.poll(() => lee.texts(), POLL).toEqual(['anybody here?']);
  });

  it('asks for a name, and says kindly what is wrong with one', async () => {
    const visitor = await open('/');
    await visitor.get('join-name').fill('server');
    await visitor.get('join-submit').click();
    await expect.poll(() => visitor.get('join-name-problem').textContent(), POLL).toMatch(/[Pp]lease/);
    await visitor.get('join-name').fill('Gil');
    await visitor.get('join-submit').click();
    await visitor.reaches('live');
    expect(await visitor.get('visitor-name').textContent()).toBe('Gil');
    expect(await visitor.get('room-name').textContent()).toBe('lobby');
    expect(visitor.problems).toEqual([]);
  });

  it('registers a name with a password, and lets nobody else in under it', async () => {
    const onTrust = { url: standalone.url, encoding: 'json', token: 'hal' } as const;
    const impostor = await RawClient.connect(onTrust);
    await impostor.next('welcome');
    const hal = await open('/');
    await hal.get('way-register').click();
    await hal.get('join-name').fill('hal');
    await hal.get('join-password').fill('short');
    await hal.get('join-submit').click();
    await expect.poll(() => hal.page.locator('#join-password-problem').textContent(), POLL).toMatch(/at least/i);
    await hal.get('join-password').fill('open the pod bay');
    await hal.page.keyboard.press('Enter');
    await hal.reaches('live');
    expect(await hal.get('visitor-name').textContent()).toBe('hal');
    expect(hal.problems).toEqual([]);
    expect(await impostor.waitForClose()).toMatchObject({ code: closeCode('disconnected').code });
    const again = await RawClient.connect(onTrust);
    expect(await again.waitForClose()).toMatchObject({ code: closeCode('unauthenticated').code });

    const other = await open('/', { colorScheme: 'dark' });
    await other.get('way-login').click();
    await other.get('join-name').fill('hal');
    await other.get('join-password').fill('guessed at random');
    await other.page.screenshot({ path: `${SCREENSHOTS}demo-login-dark.png` });
    await other.page.keyboard.press('Enter');
    await expect.poll(() => other.get('join-name-problem').textContent(), POLL).toMatch(/do not belong together/);
    await other.get('join-password').fill('open the pod bay');
    await other.page.keyboard.press('Enter');
    await other.reaches('live');
  });

  it('does not take a page that was loaded anew for two, and says who can read a direct message', async () => {
    const lou = await open('/?name=lou&room=nook');
    const max = await open('/?name=max&room=nook');
    await expect.poll(() => lou.members(), POLL).toEqual(['lou', 'max']);
    await lou.page.reload();
    await expect.poll(() => lou.members(), POLL).toEqual(['lou', 'max']);
    expect(await lou.get('member-tabs').count()).toBe(0);

    await lou.get('members').getByRole('button', { name: 'max' }).click();
    const words = lou.page.locator('#chat-empty-text');
    await expect
      .poll(() => words.textContent(), POLL)
      .toMatch(/Other users do not see .* Whoever runs this server can/);
    await max.get('members').getByRole('button', { name: 'max' }).click();
    await expect.poll(() => max.page.locator('#chat-empty-title').textContent(), POLL).toBe('Notes to yourself');
  });

  it('shows names of every script, as long as they may be, and rooms of such names', async () => {
    const names = ['דנה לוי', '👩‍👩‍👧 crew', `Maximiliane ${'von der langen Zeile '.repeat(5)}`.trim()];
    const visitors: Visitor[] = [];
    for (const name of names) {
      const path = `/?${new URLSearchParams({ name, room: 'комната/Ä' }).toString()}`;
      visitors.push(await open(path, visitors.length === 1 ? PHONE : {}));
      if (visitors.length > 1) continue;
      await expect.poll(() => visitors[0]?.members(), POLL).toEqual([name]);
      await visitors[0]?.page.evaluate("document.querySelector('#members button').isThatOfBefore = true");
    }
    const [dana, crew, max] = visitors;
    if (dana === undefined || crew === undefined || max === undefined) throw new Error('expected three visitors');
    await expect.poll(async () => [...(await max.members())].sort(), POLL).toEqual(names.toSorted());
    await expect.poll(async () => [...(await dana.members())].sort(), POLL).toEqual(names.toSorted());
    // Who presses a button while others come has pressed it.
    const isKept = "[...document.querySelectorAll('#members button')].some((button) => button.isThatOfBefore)";
    expect(await dana.page.evaluate(isKept)).toBe(true);
    for (const visitor of visitors) await visitor.say('שלום: hello (1)!');
    await expect.poll(() => crew.texts(), POLL).toHaveLength(3);
    expect(await crew.get('room-name').textContent()).toBe('комната/Ä');
    expect(await crew.page.locator('#chat-lines .avatar').allTextContents()).toEqual(['ד', '👩‍👩‍👧', 'M']);
    expect(await crew.get('message').locator('bdi').first().textContent()).toBe(names[0]);
    expect(await crew.get('message-text').first().getAttribute('dir')).toBe('auto');
    for (const visitor of visitors) {
      const widths = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await visitor.page.evaluate(widths)).toBe(0);
    }

    await max.get('members').getByRole('button', { name: 'דנה' }).click();
    await expect.poll(() => max.get('room-name').textContent(), POLL).toContain(names[0]);
    await max.say('a word in private?');
    await expect.poll(() => dana.get('unread').textContent(), POLL).toBe('1 unread');
    await dana.get('direct').getByRole('button').click();
    await expect.poll(() => dana.texts(), POLL).toEqual(['a word in private?']);
    expect([...dana.problems, ...crew.problems, ...max.problems]).toEqual([]);
  });
});
