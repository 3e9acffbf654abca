import { connectionsOf, type JournalEntry, partitionOf, readConnectionEntry } from '@outcry/broker';
import { makeToken } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { identityOf } from '../identity/identity.ts';
import { createTestGateway, type TestGateway } from '../testing/create-services.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const HOLDER = { partition: partitionOf(connectionsOf('test')), fence: 1 };

describe('ToldConnections', () => {
  let gateway: TestGateway;
  afterEach(() => gateway.stop());

  async function start(kinds: string): Promise<void> {
    const { config } = loadGatewayConfig({ OUTCRY_AUTH_SECRET: SECRET, OUTCRY_EVENTS_KINDS: kinds });
    const { auth, told, areConnectionsTold } = config;
    gateway = await createTestGateway({ auth, told, areConnectionsTold });
  }

  async function written(): Promise<string[]> {
    await gateway.backplane.presence.count(connectionsOf('test'));
    const { entries } = await gateway.backplane.events.read(HOLDER, 100);
    return entries.map(wordsOf);
  }

  function wordsOf(entry: JournalEntry): string {
    if ('letter' in entry) return entry.letter;
    const { user, isGuest } = readConnectionEntry(entry.user) ?? {};
    return `${entry.kinds.join('+')} ${String(user)}${isGuest === true ? ', a guest' : ''}`;
  }

  describe('where connections are told', () => {
    beforeEach(() => start('connection'));

    it('has each as it opens and as it closes, by its name and its user', async () => {
      const ann = gateway.connect('ann');
      const second = gateway.connect('ann');
      expect(await written()).toEqual(['joined ann', 'joined ann']);
      second.session.closed(1000);
      ann.session.closed(1006);
      expect(await written()).toEqual(['joined ann', 'joined ann', 'left ann', 'left ann']);
      const { entries } = await gateway.backplane.events.read(HOLDER, 100);
      const names = entries.map((entry) => ('user' in entry ? readConnectionEntry(entry.user)?.connection : undefined));
      const [one, two] = [ann.session.connection, second.session.connection];
      expect(names).toEqual([one, two, two, one]);
    });

    it('closes the connection of a guest, and opens it under its name, where the guest says who it is', async () => {
      const client = gateway.connect(identityOf('guest-1', { isGuest: true }));
      expect(await written()).toEqual(['joined guest-1, a guest']);
      client.send({ type: 'auth', id: 1, token: makeToken(SECRET, { sub: 'ann' }) });
      await expect.poll(() => client.session.user).toBe('ann');
      expect(await written()).toEqual(['joined guest-1, a guest', 'left guest-1, a guest', 'joined ann']);
      client.send({ type: 'auth', id: 2, token: makeToken(SECRET, { sub: 'ann' }) });
      await expect.poll(() => client.socket.framesOf('ack').length).toBe(2);
      expect(await written()).toHaveLength(3);
      client.session.closed(1000);
      expect((await written()).at(-1)).toBe('left ann');
    });
  });

  it('is not there where they are not', async () => {
    await start('room,member');
    expect(gateway.services.toldConnections).toBeUndefined();
    gateway.connect('ann').session.closed(1000);
    expect(await written()).toEqual([]);
  });
});
