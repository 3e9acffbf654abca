import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startNode, TEST_TOLD, type TestCluster, type TestNode } from '../../tests/contract/cluster.ts';
import { ODD_NAMES } from '../../tests/support/odd-names.ts';
import { PresenceRecorder, untilMembers } from '../../tests/support/presence-recorder.ts';
import { range } from '../../tests/support/requests.ts';
import { type EventJournal, type JournalPage, partitionOf, type Settlement } from '../index.ts';

const START_TIMEOUT_MS = 60_000;
const FENCE = 7;
const NOTHING_DONE: Settlement = { upTo: undefined, isMissingTold: true, dead: [], undelivered: 0 };

/** What every `EventJournal` promises, written by two nodes and read by a third. */
export function describeEventJournal(name: string, createCluster: () => Promise<TestCluster>): void {
  describe(`EventJournal over ${name}`, () => {
    let cluster: TestCluster;
    let a: TestNode;
    let b: TestNode;
    let reader: TestNode;
    let journal: EventJournal;

    beforeAll(async () => {
      cluster = await createCluster();
      return () => cluster.stop();
    }, START_TIMEOUT_MS);

    beforeEach(async () => {
      [a, b, reader] = [await startNode(cluster), await startNode(cluster), await startNode(cluster, 'second')];
      for (const { backplane } of [a, b]) await backplane.presence.start(new PresenceRecorder());
      journal = reader.backplane.events;
    });
    afterEach(async () => {
      await Promise.all([a, b, reader].map(({ backplane }) => backplane.close()));
      await cluster.wipe();
    });

    const holderOf = (room: string, fence = FENCE): { partition: number; fence: number } => ({
      partition: partitionOf(room),
      fence,
    });

    async function come({ backplane: { presence } }: TestNode, room: string, ...users: string[]): Promise<void> {
      for (const user of users) presence.add(room, user);
      await presence.count(room);
    }

    async function go({ backplane: { presence } }: TestNode, room: string, ...users: string[]): Promise<void> {
      for (const user of users) presence.remove(room, user);
      await presence.count(room);
    }

    async function open(room: string): Promise<JournalPage> {
      await journal.claim(holderOf(room));
      return journal.read(holderOf(room), 100);
    }

    function wordsOf({ entries }: JournalPage): string[] {
      return entries.map((entry) => {
        if ('letter' in entry) return `letter ${entry.letter}`;
        return `${entry.kinds.join('+')} ${entry.room} ${entry.user} ${String(entry.count)}`;
      });
    }

    it('has who comes and who goes in order, each once, whichever nodes they are on', async () => {
      await come(a, 'told', 'ann');
      await come(b, 'told', 'ann');
      await come(b, 'told', 'bob');
      await go(a, 'told', 'ann');
      await go(b, 'told', 'ann');
      await go(b, 'told', 'bob');
      const page = await open('told');
      expect(wordsOf(page)).toEqual([
        'occupied+joined told ann 1',
        'joined told bob 2',
        'left told ann 1',
        'left+vacated told bob 0',
      ]);
      expect(page.entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
      const ids = page.entries.map((entry) => ('id' in entry ? entry.id : ''));
      expect(new Set(ids).size).toBe(4);
      const times = page.entries.map(({ at }) => at);
      expect(times).toEqual(times.toSorted((one, other) => one - other));
      expect(page.size).toBe(4);
    });

    it('has as much of a room as is told of it', async () => {
      for (const room of ['members', 'rooms', 'quiet']) {
        await come(a, room, 'ann', 'bob');
        await go(a, room, 'ann', 'bob');
      }
      expect(wordsOf(await open('members')).filter((words) => words.includes(' members '))).toEqual([
        'joined members ann 1',
        'joined members bob 2',
        'left members ann 1',
        'left members bob 0',
      ]);
      expect(wordsOf(await open('rooms')).filter((words) => words.includes(' rooms '))).toEqual([
        'occupied rooms ann 1',
        'vacated rooms bob 0',
      ]);
      expect(wordsOf(await open('quiet')).filter((words) => words.includes(' quiet '))).toEqual([]);
    });

    it('has rooms and users by any name', async () => {
      for (const odd of ODD_NAMES) {
        const room = `told${odd}`;
        await come(a, room, odd);
        expect(wordsOf(await open(room))).toContain(`occupied+joined ${room} ${odd} 1`);
      }
    });

    it('has those go that a lost node had, each once', async () => {
      const users = range(1, 8).map((i) => `user-${String(i)}`);
      await come(a, 'told', ...users, 'ann');
      await come(b, 'told', 'ann');
      const before = await open('told');
      await a.backplane.close();
      await untilMembers(b.backplane.presence, 'told', ['ann×1']);
      const { entries, ...page } = await open('told');
      const behind = wordsOf({ ...page, entries: entries.slice(before.entries.length) });
      expect(behind.map((words) => words.split(' ').slice(0, 3).join(' ')).sort()).toEqual(
        users.map((user) => `left told ${user}`).sort(),
      );
      expect(behind.map((words) => Number(words.split(' ').at(-1)))).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    });

    it('lets go of what is settled, and of nothing else', async () => {
      await come(a, 'told', 'ann', 'bob', 'cy');
      await journal.claim(holderOf('told'));
      const page = await journal.read(holderOf('told'), 2);
      expect([page.entries.length, page.size]).toEqual([2, 3]);
      await journal.settle(holderOf('told'), page, { ...NOTHING_DONE, upTo: page.entries[1] });
      const next = await journal.read(holderOf('told'), 2);
      expect(wordsOf(next)).toEqual(['joined told cy 3']);
      expect(next.missing).toBeUndefined();
      await journal.settle(holderOf('told'), next, { ...NOTHING_DONE, upTo: next.entries[0] });
      expect(await journal.read(holderOf('told'), 2)).toMatchObject({ entries: [], missing: undefined, size: 0 });
    });

    it('says until it is told that nobody knows what was before the numbering', async () => {
      expect((await open('told')).missing).toBeUndefined();
      await come(a, 'told', 'ann');
      const page = await open('told');
      expect(page.missing).toMatchObject({ lost: undefined, undelivered: 0 });
      expect((await open('told')).missing).toEqual(page.missing);
      await journal.settle(holderOf('told'), page, NOTHING_DONE);
      expect(await open('told')).toMatchObject({ missing: undefined, size: 1 });
    });

    it('says how many are lost where more come than are kept', async () => {
      await come(a, 'told', 'ann');
      await journal.settle(holderOf('told'), await open('told'), NOTHING_DONE);
      await come(a, 'told', ...range(1, 30).map((i) => `user-${String(i)}`));
      const page = await open('told');
      expect([page.entries.length, page.entries[0]?.seq]).toEqual([TEST_TOLD.maxEntries, 12]);
      expect(page.missing).toMatchObject({ lost: 11, undelivered: 0 });
      const [first] = page.entries;
      await journal.settle(holderOf('told'), page, { ...NOTHING_DONE, isMissingTold: false, upTo: first });
      expect((await open('told')).missing).toMatchObject({ lost: 11 });
      await journal.settle(holderOf('told'), await open('told'), NOTHING_DONE);
      expect((await open('told')).missing).toBeUndefined();
    });

    it('is closed to lower fences than were seen', async () => {
      await come(a, 'told', 'ann');
      const page = await open('told');
      await journal.claim(holderOf('told', FENCE + 1));
      const fenced = { name: 'OutcryError', code: 'fenced' };
      await expect(journal.claim(holderOf('told'))).rejects.toMatchObject(fenced);
      await expect(journal.read(holderOf('told'), 1)).rejects.toMatchObject(fenced);
      await expect(journal.settle(holderOf('told'), page, NOTHING_DONE)).rejects.toMatchObject(fenced);
      expect(wordsOf(await journal.read(holderOf('told', FENCE + 1), 1))).toEqual(['occupied+joined told ann 1']);
    });

    it('keeps dead letters until they are sent again, says that they were not delivered, and puts them behind what is there', async () => {
      await come(a, 'told', 'ann', 'bob', 'cy');
      const page = await open('told');
      const dead = range(1, 2).map((i) => ({ id: `id-${String(i)}`, letter: `{"n":${String(i)}}` }));
      await journal.settle(holderOf('told'), page, { ...NOTHING_DONE, upTo: page.entries[1], dead, undelivered: 2 });
      expect(await open('told')).toMatchObject({ missing: { lost: 0, undelivered: 2 }, size: 1 });
      await journal.settle(holderOf('told'), await open('told'), NOTHING_DONE);
      expect(await a.backplane.events.resend(partitionOf('told'))).toBe(2);
      expect(await a.backplane.events.resend(partitionOf('told'))).toBe(0);
      const again = await open('told');
      expect(wordsOf(again)).toEqual(['joined told cy 3', 'letter {"n":1}', 'letter {"n":2}']);
      expect(again.entries.map(({ seq }) => seq)).toEqual([3, 4, 5]);
      expect(again).toMatchObject({ missing: undefined, size: 3 });
    });

    it('says when dead letters come where there was nothing, and not where there are none', async () => {
      await come(a, 'told', 'ann');
      const page = await open('told');
      let happened = 0;
      await journal.watch(partitionOf('told'), () => (happened += 1));
      const dead = [{ id: 'id', letter: '{}' }];
      await journal.settle(holderOf('told'), page, { ...NOTHING_DONE, upTo: page.entries[0], dead });
      for (const letters of [1, 0]) expect(await a.backplane.events.resend(partitionOf('told'))).toBe(letters);
      await expect.poll(() => happened).toBe(1);
      const [letter] = (await open('told')).entries;
      await journal.settle(holderOf('told'), await open('told'), { ...NOTHING_DONE, upTo: letter });
      expect(await a.backplane.events.resend(partitionOf('told'))).toBe(0);
      await go(a, 'told', 'ann');
      await expect.poll(() => happened).toBe(2);
      await journal.unwatch(partitionOf('told'));
    });

    it('begins another numbering where all was lost, takes no settlement of the one before, and says so', async () => {
      await come(a, 'told', 'ann');
      await journal.settle(holderOf('told'), await open('told'), NOTHING_DONE);
      const page = await open('told');
      await cluster.wipe();
      await untilMembers(b.backplane.presence, 'told', ['ann×1']);
      await journal.settle(holderOf('told'), page, { ...NOTHING_DONE, upTo: page.entries[0] });
      const next = await open('told');
      expect(wordsOf(next)).toEqual(['occupied+joined told ann 1']);
      expect(next.missing).toMatchObject({ lost: undefined });
    });

    it('says when there is something where there was nothing, and not else', async () => {
      const happened = { told: 0, members: 0 };
      for (const room of ['told', 'members'] as const)
        await journal.watch(partitionOf(room), () => (happened[room] += 1));
      await come(a, 'told', 'ann');
      await expect.poll(() => happened.told).toBe(1);
      // What nobody is told of, and what comes behind what is there.
      await come(b, 'told', 'ann');
      await come(b, 'told', 'bob');
      await journal.settle(holderOf('told'), await open('told'), {
        ...NOTHING_DONE,
        upTo: (await open('told')).entries.at(-1),
      });
      await go(b, 'told', 'ann');
      await go(a, 'told', 'ann');
      await expect.poll(() => happened.told).toBeGreaterThanOrEqual(2);
      await come(a, 'members', 'ann');
      await expect.poll(() => happened).toEqual({ told: 2, members: 1 });
      for (const room of ['told', 'members']) await journal.unwatch(partitionOf(room));
    });

    it('refuses a partition that there is not', async () => {
      await expect(journal.resend(64)).rejects.toThrow(RangeError);
    });

    it('rejects with closed once closed', async () => {
      await reader.backplane.close();
      await expect(journal.read(holderOf('told'), 1)).rejects.toMatchObject({ name: 'OutcryError', code: 'closed' });
    });
  });
}
