import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startNode, TEST_LEASE, type TestCluster, type TestNode } from '../../tests/contract/cluster.ts';
import { membersOf, PresenceRecorder, untilMembers } from '../../tests/support/presence-recorder.ts';
import { ODD_NAMES } from '../../tests/support/odd-names.ts';
import { range } from '../../tests/support/requests.ts';
import type { PresenceStore } from '../index.ts';

const START_TIMEOUT_MS = 60_000;

interface PresenceNode extends TestNode {
  readonly presence: PresenceStore;
  readonly seen: PresenceRecorder;
}

/** What every `PresenceStore` promises, seen from three nodes. */
export function describePresence(name: string, createCluster: () => Promise<TestCluster>): void {
  describe(`PresenceStore over ${name}`, () => {
    let cluster: TestCluster;
    let nodes: PresenceNode[];
    let a: PresenceNode;
    let b: PresenceNode;
    let c: PresenceNode;

    beforeAll(async () => {
      cluster = await createCluster();
      return () => cluster.stop();
    }, START_TIMEOUT_MS);

    beforeEach(async () => {
      [a, b, c] = [await start(), await start(), await start()];
      nodes = [a, b, c];
    });
    afterEach(async () => {
      await Promise.all(nodes.map(({ backplane }) => backplane.close()));
      await cluster.wipe();
    });

    async function start(): Promise<PresenceNode> {
      const node = await startNode(cluster);
      const seen = new PresenceRecorder();
      const { presence } = node.backplane;
      await presence.start(seen);
      return { ...node, presence, seen };
    }

    async function listen(room: string): Promise<void> {
      await Promise.all(nodes.map(({ backplane }) => backplane.broker.join(room)));
    }

    /** What was told before it has been heard by everybody then. */
    async function drain(room: string): Promise<void> {
      a.presence.add(room, 'drain');
      await Promise.all(nodes.map(({ seen }) => seen.until(() => seen.events.some(({ user }) => user === 'drain'))));
    }

    it('shows a user with several connections as one member, on every node', async () => {
      a.presence.add('pit', 'ann');
      a.presence.add('pit', 'ann');
      b.presence.add('pit', 'ann');
      b.presence.add('pit', 'bob');
      for (const { presence } of nodes) await untilMembers(presence, 'pit', ['ann×3', 'bob×1']);
      a.presence.remove('pit', 'ann');
      b.presence.remove('pit', 'bob');
      for (const { presence } of nodes) await untilMembers(presence, 'pit', ['ann×2']);
      expect(await c.presence.count('pit')).toBe(1);
    });

    it('has of a user what it was told last, by whichever node, for as long as the user is there', async () => {
      const [first, second, third] = [Buffer.from('\u0000 a'), Buffer.from([0xc1, 0x20, 0x00]), Buffer.from('c')];
      const infoOf = async (user: string): Promise<unknown> => {
        const { members } = await c.presence.list('pit', 10);
        const { info } = members.find((member) => member.user === user) ?? {};
        return info && Buffer.from(info);
      };
      await listen('pit');
      a.presence.add('pit', 'ann', first);
      a.presence.add('pit', 'bob');
      await a.presence.count('pit');
      expect([await infoOf('ann'), await infoOf('bob')]).toEqual([first, undefined]);
      b.presence.add('pit', 'ann', second);
      await b.presence.count('pit');
      expect(await infoOf('ann')).toEqual(second);
      await untilMembers(c.presence, 'pit', ['ann×2', 'bob×1']);
      a.presence.describe('pit', 'ann', third);
      a.presence.describe('pit', 'nobody', third);
      await a.presence.count('pit');
      expect(await infoOf('ann')).toEqual(third);
      a.presence.remove('pit', 'ann');
      await a.presence.count('pit');
      expect(await infoOf('ann')).toEqual(third);
      b.presence.remove('pit', 'ann');
      await b.presence.count('pit');
      b.presence.add('pit', 'ann');
      await b.presence.count('pit');
      expect(await infoOf('ann')).toBeUndefined();
      await untilMembers(c.presence, 'pit', ['ann×1', 'bob×1']);
      await drain('pit');
      const told = c.seen.events.map(({ user, change, info }) => [user, change, info && Buffer.from(info)]);
      expect(told.slice(0, 2)).toEqual([
        ['ann', 'joined', first],
        ['bob', 'joined', undefined],
      ]);
      expect(told.slice(3, 4)).toEqual([['ann', 'joined', undefined]]);
    });

    it("counts and lists this node's own changes from the moment of the call", async () => {
      for (const i of range(1, 1000)) a.presence.add('pit', `user-${String(i)}`);
      expect(await a.presence.count('pit')).toBe(1000);
      for (const i of range(1, 400)) a.presence.remove('pit', `user-${String(i)}`);
      const { count, members } = await a.presence.list('pit', 10_000);
      expect(count).toBe(600);
      expect(members).toHaveLength(600);
      expect(await b.presence.count('pit')).toBe(600);
    });

    it('lists no more than asked for, and counts all the same', async () => {
      for (const i of range(1, 300)) a.presence.add('pit', `user-${String(i)}`);
      await a.presence.count('pit');
      const { count, members } = await b.presence.list('pit', 25);
      expect(count).toBe(300);
      expect(new Set(members.map(({ user }) => user)).size).toBe(25);
    });

    it('knows users and rooms by any name', async () => {
      for (const room of ODD_NAMES) {
        await listen(room);
        for (const user of ODD_NAMES) a.presence.add(room, user);
      }
      for (const room of ODD_NAMES) {
        await untilMembers(
          b.presence,
          room,
          ODD_NAMES.map((user) => `${user}×1`),
        );
        await c.seen.until(() => c.seen.told(room).length === ODD_NAMES.length);
        const told = c.seen.events.filter((event) => event.room === room).map(({ user }) => user);
        expect(told.sort()).toEqual([...ODD_NAMES].sort());
      }
    });

    it('keeps rooms apart, and knows of nobody where nobody is', async () => {
      a.presence.add('pit', 'ann');
      await a.presence.count('pit');
      expect(await b.presence.count('hall')).toBe(0);
      expect(await b.presence.list('hall', 10)).toEqual({ count: 0, members: [] });
    });

    it("tells every node in the room of a user's first connection in the cluster and of the last", async () => {
      await listen('pit');
      a.presence.add('pit', 'ann');
      await a.presence.count('pit');
      b.presence.add('pit', 'ann');
      b.presence.add('pit', 'bob');
      await b.presence.count('pit');
      a.presence.remove('pit', 'ann');
      await a.presence.count('pit');
      b.presence.remove('pit', 'ann');
      await b.presence.count('pit');
      await drain('pit');
      for (const { seen } of nodes) {
        expect(seen.told('pit')).toEqual(['ann joined 1', 'bob joined 2', 'ann left 1', 'drain joined 2']);
      }
    });

    it('tells a node that is not in the room nothing', async () => {
      await Promise.all([b, c].map(({ backplane }) => backplane.broker.join('pit')));
      await c.backplane.broker.leave('pit');
      a.presence.add('pit', 'ann');
      await b.seen.until(() => b.seen.events.length === 1);
      await listen('drain');
      await drain('drain');
      expect(a.seen.told('pit')).toEqual([]);
      expect(c.seen.told('pit')).toEqual([]);
    });

    it('makes nothing of a removal without an addition', async () => {
      await listen('pit');
      a.presence.add('pit', 'ann');
      await a.presence.count('pit');
      b.presence.remove('pit', 'ann');
      expect(await b.presence.count('pit')).toBe(1);
      await drain('pit');
      expect(b.seen.told('pit')).toEqual(['ann joined 1', 'drain joined 2']);
    });

    it('stays right while one user comes and goes on two nodes at once', async () => {
      await listen('pit');
      const comeAndGo = async ({ presence }: PresenceNode): Promise<void> => {
        for (const i of range(1, 100)) {
          presence.add('pit', 'ann');
          if (i % 3 === 0) await presence.count('pit');
          presence.remove('pit', 'ann');
          if (i % 5 === 0) await presence.count('pit');
        }
        await presence.count('pit');
      };
      await Promise.all([comeAndGo(a), comeAndGo(b)]);
      await drain('pit');
      expect(await membersOf(c.presence, 'pit')).toEqual(['drain×1']);
      const changes = c.seen.events.filter(({ user }) => user === 'ann').map(({ change }) => change);
      expect(changes.length).toBeGreaterThan(2);
      expect(changes).toEqual(changes.map((_, i) => (i % 2 === 0 ? 'joined' : 'left')));
      expect(changes.at(-1)).toBe('left');
    });

    it('removes the entries of a lost node, and tells of each once', async () => {
      await listen('pit');
      for (const i of range(1, 250)) a.presence.add('pit', `user-${String(i)}`);
      for (const i of range(1, 30)) a.presence.add(`room-${String(i)}`, 'ann');
      for (const room of ODD_NAMES) a.presence.add(room, room);
      a.presence.add('pit', 'ann');
      b.presence.add('pit', 'ann');
      await Promise.all([a, b].map(({ presence }) => presence.count('pit')));
      await untilMembers(b.presence, 'room-30', ['ann×1']);
      for (const room of ODD_NAMES) await untilMembers(b.presence, room, [`${room}×1`]);
      await a.backplane.close();

      for (const { presence } of [b, c]) await untilMembers(presence, 'pit', ['ann×1']);
      for (const i of range(1, 30)) await untilMembers(c.presence, `room-${String(i)}`, []);
      for (const room of ODD_NAMES) await untilMembers(c.presence, room, []);
      // Each of the two tells of what it has removed when it is through.
      const held = 281 + ODD_NAMES.length;
      const reaped = (): number => [b, c].flatMap(({ seen }) => seen.reaped).reduce((sum, entries) => sum + entries, 0);
      await c.seen.until(() => reaped() >= held);
      nodes = [b, c];
      b.presence.add('pit', 'drain');
      for (const { seen } of [b, c]) {
        await seen.until(() => seen.events.some(({ user }) => user === 'drain'));
        const left = seen.events.filter(({ change }) => change === 'left').map(({ user }) => user);
        expect(left.sort()).toEqual(
          range(1, 250)
            .map((i) => `user-${String(i)}`)
            .sort(),
        );
      }
      expect(reaped()).toBe(held);
    });

    it('leaves alone what belongs to nodes that live, however long they do', async () => {
      a.presence.add('pit', 'ann');
      await a.presence.count('pit');
      const startedAt = performance.now();
      await c.backplane.close();
      await b.seen.until(() => nodes.some(({ seen }) => seen.reaped.length > 0));
      await b.seen.until(() => performance.now() - startedAt > 2 * TEST_LEASE.leaseMs);
      expect(await membersOf(b.presence, 'pit')).toEqual(['ann×1']);
      expect(a.seen.restored).toEqual([]);
    });

    it('writes everything again where the store has lost it', async () => {
      for (const i of range(1, 150)) a.presence.add('pit', `user-${String(i)}`);
      b.presence.add('pit', 'user-1');
      b.presence.add('hall', 'bob');
      await Promise.all([a.presence.count('pit'), b.presence.count('pit'), b.presence.count('hall')]);
      await cluster.wipe();

      const expected = range(1, 150).map((i) => `user-${String(i)}×${i === 1 ? '2' : '1'}`);
      for (const { presence } of nodes) await untilMembers(presence, 'pit', expected);
      await untilMembers(c.presence, 'hall', ['bob×1']);
      // Where rooms are on several servers a node has a lease on each.
      const restored = ({ seen }: typeof a): number => seen.restored.reduce((sum, entries) => sum + entries, 0);
      await c.seen.until(() => restored(a) >= 150 && restored(b) >= 2);
      expect([restored(a), restored(b)]).toEqual([150, 2]);
      a.presence.remove('pit', 'user-1');
      await untilMembers(c.presence, 'pit', expected.with(0, 'user-1×1'));
    });

    it('hands entries over for a while, so that who goes to another node meanwhile is never missing', async () => {
      await listen('pit');
      a.presence.add('pit', 'ann');
      a.presence.add('pit', 'bob');
      await a.presence.handOver(1000);
      await a.backplane.close();
      nodes = [b, c];
      b.presence.add('pit', 'ann');
      await untilMembers(c.presence, 'pit', ['ann×2', 'bob×1']);
      await untilMembers(c.presence, 'pit', ['ann×1']);
      await drainFrom(b);
      expect(c.seen.told('pit')).toEqual(['ann joined 1', 'bob joined 2', 'bob left 1', 'drain joined 2']);
    });

    async function drainFrom(node: PresenceNode): Promise<void> {
      node.presence.add('pit', 'drain');
      await c.seen.until(() => c.seen.events.some(({ user }) => user === 'drain'));
    }

    it('rejects reads with closed once closed, and takes changes without a fault', async () => {
      await a.backplane.close();
      a.presence.add('pit', 'ann');
      a.presence.remove('pit', 'ann');
      await expect(a.presence.count('pit')).rejects.toMatchObject({ name: 'OutcryError', code: 'closed' });
      await expect(a.presence.list('pit', 1)).rejects.toMatchObject({ name: 'OutcryError', code: 'closed' });
      await expect(a.presence.handOver(0)).resolves.toBeUndefined();
    });
  });
}
