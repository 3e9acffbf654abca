import { once } from 'node:events';
import { createServer } from 'node:http';

import { expect, it, onTestFinished } from 'vitest';

import { launchChromium, Visitor } from './browser.ts';

const MEMBERS = 60;
/** A list of members who go one after the other, and do not come back. */
const PAGE = `<!doctype html><ul data-testid="members"></ul><script>
  const list = document.querySelector('ul');
  for (let i = 0; i < ${String(MEMBERS)}; i++) {
    list.innerHTML += '<li data-testid="member" data-user="' + i + '"></li>';
  }
  setInterval(() => list.lastElementChild?.remove(), 20);
</script>`;

it('reads a list as it stands at one moment, though some go while it is read', async () => {
  const site = createServer((_, response) => response.setHeader('content-type', 'text/html').end(PAGE));
  onTestFinished(() => void site.close());
  await once(site.listen(0, '127.0.0.1'), 'listening');
  const address = site.address();
  if (typeof address !== 'object' || address === null) throw new Error('expected a TCP address');
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const visitor = await Visitor.open({ browser, origin: `http://127.0.0.1:${String(address.port)}`, path: '/' });
  const everybody = Array.from({ length: MEMBERS }, (_, i) => String(i));
  for (let left = MEMBERS; left > 0;) {
    const members = await visitor.members();
    expect(members).toEqual(everybody.slice(0, members.length));
    left = members.length;
  }
});
