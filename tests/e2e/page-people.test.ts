import { demoDirectory } from '@outcry/demo';
import {
  type GatewayProcess,
  HookServer,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import type { Browser, BrowserContext, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { launchChromium, Visitor } from './support/browser.ts';

const POLL = { timeout: 30_000, interval: 50 };
const PICTURE = 'https://img.example/ann.png';
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SCRIPT = '"><img src=x onerror="window.isTaken=true"><script>window.isTaken=true</script>';

/** Who the operator's server says that somebody is, as an identity provider's user may have filled it in. */
const PEOPLE: Readonly<Record<string, object>> = {
  ann: { name: 'Ann Lee', picture: PICTURE },
  eve: { name: SCRIPT, picture: 'javascript:window.isTaken=true' },
};

let redis: TestRedis;
let hooks: HookServer;
let gateway: GatewayProcess;
let browser: Browser;

beforeAll(async () => {
  [browser, redis, hooks] = await Promise.all([launchChromium(), startRedis(), HookServer.start()]);
  hooks.answer('connect', ({ body }) => ({ json: { allow: true, info: PEOPLE[String(body['user'])] ?? {} } }));
  gateway = await startGateway({
    redisUrl: redis.url,
    redisPrefix: uniquePrefix(),
    demo: true,
    demoDir: demoDirectory,
    hooksSecret: 'a-secret-of-at-least-thirty-two-characters',
    hooksConnectUrl: hooks.urlOf('connect'),
    hooksPlainHttp: true,
  });
});
afterAll(async () => {
  await browser.close();
  await gateway[Symbol.asyncDispose]();
  await hooks[Symbol.asyncDispose]();
  await redis.stop();
});

/** As much of a picture in the page as is asked here. */
interface Picture {
  readonly naturalWidth: number;
  getAttribute(name: string): string | null;
}

it('shows people by the names and pictures that they have, and takes neither for more than that', async () => {
  const referrers: (string | undefined)[] = [];
  const prepare = (context: BrowserContext): Promise<unknown> =>
    context.route('https://img.example/**', (route) => {
      referrers.push(route.request().headers()['referer']);
      return route.fulfill({ contentType: 'image/png', body: Buffer.from(PIXEL, 'base64') });
    });
  const [ann, eve] = await Promise.all(
    ['ann', 'eve'].map((name) =>
      Visitor.open({ browser, origin: gateway.publicUrl, path: `/?name=${name}&room=pit`, prepare }),
    ),
  );
  if (ann === undefined || eve === undefined) throw new Error('not opened');
  await eve.say('hello');
  await ann.say('who is that?');

  for (const visitor of [ann, eve]) {
    const author = (from: string): Locator =>
      visitor
        .get('message')
        .and(visitor.page.locator(`[data-from="${from}"]`))
        .locator('.message-author');
    await expect.poll(() => author('eve').textContent(), POLL).toBe(SCRIPT.slice(0, 64));
    await expect.poll(() => author('ann').textContent(), POLL).toBe('Ann Lee');
    expect(await author('ann').getAttribute('title')).toBe('Ann Lee (ann)');
    const member = (name: string): Locator => visitor.page.locator(`[data-user="${name}"]`);
    await expect.poll(() => member('eve').locator('.rail-name').textContent(), POLL).toBe(SCRIPT.slice(0, 64));
    await expect.poll(() => member('ann').locator('.rail-name').textContent(), POLL).toBe('Ann Lee');
    const pictures = (): Promise<readonly (readonly [string | null, number])[]> =>
      visitor.page
        .locator('.avatar img')
        .evaluateAll((images: readonly Picture[]) =>
          images.map((image) => [image.getAttribute('src'), image.naturalWidth] as const),
        );
    // Of ann, in the list and beside what she said; of eve there is none.
    await expect.poll(pictures, POLL).toEqual([
      [PICTURE, 1],
      [PICTURE, 1],
    ]);
    expect(await visitor.page.evaluate('window.isTaken')).toBeUndefined();
    expect(visitor.problems).toEqual([]);
  }
  expect(new Set(referrers)).toEqual(new Set([undefined]));
});
