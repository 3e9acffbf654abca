import type { Fault } from './fault.ts';

const archive = (file: string): string => `services/archive/${file}`;
const gateway = (file: string): string => `services/gateway/src/${file}`;

const PAGE_SQL = archive('src/store/postgres/info-and-months.ts');
const DELETION_SQL = archive('src/store/postgres/migrations.ts');
const SQLITE = archive('src/store/sqlite/sqlite-archive.ts');
const PAST = gateway('rooms/archived-past.ts');
const PAGES =
  'is read by pages of one order of numbers, through the epochs that went on from one another, up to a bound in bytes';
const BY_POSTGRES = { file: archive('tests/integration/postgres-store.test.ts'), name: PAGES };
const BY_SQLITE = { file: archive('src/store/sqlite/sqlite-archive.test.ts'), name: PAGES };
const BY_MONTHS = {
  file: archive('tests/integration/archive.test.ts'),
  name: 'reads a page of the months alone in which its numbers are, by the order of an index',
};
const pastTest = (name: string) => ({ file: gateway('rooms/archived-past.test.ts'), name });
const DELETES = {
  file: archive('tests/integration/archive.test.ts'),
  name: 'deletes what rooms do not keep, and what is asked for, of which it keeps the trace alone',
};
const deletionTest = (name: string) => ({ file: archive('tests/integration/deletion.test.ts'), name });

/** In what is had again of the past, and in what is deleted of it. */
export const ARCHIVE_FAULTS: readonly Fault[] = [
  {
    name: 'archive-seam-of-one',
    felt: 'whoever has missed one message more than the stream has is reset, though the archive has it',
    file: PAST,
    from: 'first === after + 1) return undefined;',
    to: 'first === after + 2) return undefined;',
    test: pastTest('follows what a client has seen, and goes on in the stream'),
  },
  {
    name: 'archive-seam-newest',
    felt: 'the newest message is missing in the history of a room that was quiet for a day',
    file: PAST,
    from: 'Math.min(range.before ?? Infinity, head.seq + 1)',
    to: 'Math.min(range.before ?? Infinity, head.seq)',
    test: pastTest('is read from the archive where nothing is stored any more'),
  },
  {
    name: 'archive-hole-passed',
    felt: 'whoever is caught up skips what the archive does not have, and is told that nothing is missing',
    file: PAST,
    from: "'after' in range ? upToHole(archived.messages, range.after) : behindHoles(archived, stored)",
    to: "'after' in range ? archived.messages : behindHoles(archived, stored)",
    test: pastTest('ends at a hole, and does not begin behind one'),
  },
  {
    name: 'archive-away-is-lost',
    felt: 'whoever is caught up while the database restarts is reset',
    file: gateway('rooms/read-on.ts'),
    from: "next === 'lost' && stored.isAway === true ? 'away' : next",
    to: 'next',
    test: {
      file: gateway('memberships/held-for-archive.test.ts'),
      name: 'waits for it while it is away for a moment in the midst of that, and misses nothing',
    },
  },
  {
    name: 'archive-shared-page-again',
    felt: 'a message comes twice to whoever comes back in the midst of a page that others read',
    file: gateway('archive/shared-room-archive.ts'),
    from: 'position.seq > after)',
    to: 'position.seq >= after)',
    test: {
      file: gateway('archive/shared-room-archive.test.ts'),
      name: 'gives everybody all from their place on, and reads the same pages for all',
    },
  },
  {
    name: 'archive-page-begins-late',
    felt: 'the first message of each page of the archive is missing',
    file: PAGE_SQL,
    from: 'greatest(s.first, archive_page.after + 1) AS low',
    to: 'greatest(s.first, archive_page.after + 2) AS low',
    test: BY_POSTGRES,
  },
  {
    name: 'archive-month-ends-early',
    felt: 'the last message of each month is missing in the history of its room',
    file: PAGE_SQL,
    from: 'least(s.following - 1, s.last_seq',
    to: 'least(s.following - 2, s.last_seq',
    test: BY_MONTHS,
  },
  {
    name: 'archive-epoch-goes-on',
    felt: 'behind a failover a number is two messages: what was lost with the old server comes back between the others',
    file: PAGE_SQL,
    from: 'SELECT n.epoch, least(n.last_seq, c.last_seq) FROM chain c',
    to: 'SELECT n.epoch, c.last_seq FROM chain c',
    test: BY_POSTGRES,
  },
  {
    name: 'archive-epochs-in-disorder',
    felt: 'behind a failover the past comes in another order than it was said in',
    file: PAGE_SQL,
    from: 'ORDER BY CASE WHEN is_forward THEN b.last_seq ELSE -b.last_seq END',
    to: 'ORDER BY CASE WHEN is_forward THEN -b.last_seq ELSE b.last_seq END',
    test: BY_POSTGRES,
  },
  {
    name: 'archive-file-page-again',
    felt: 'with `npm start` the last message of a page is the first of the next as well',
    file: SQLITE,
    from: "seq ${isForward ? '>' : '<'} ? ORDER BY",
    to: "seq ${isForward ? '>=' : '<='} ? ORDER BY",
    test: BY_SQLITE,
  },
  {
    name: 'archive-retention-short',
    felt: 'what is too old is kept for days more than was said',
    file: DELETION_SQL,
    from: 'm.sent_at < clock_timestamp() - part.keep;',
    to: "m.sent_at < clock_timestamp() - part.keep - interval '3 days';",
    test: deletionTest('is what is older than it is kept, and nothing that is younger'),
  },
  {
    name: 'archive-retention-any-pattern',
    felt: 'what is to be kept for ever is deleted by the rule of a wider pattern',
    file: DELETION_SQL,
    from: 'ORDER BY length(r.pattern) DESC, r.pattern LIMIT 1',
    to: 'ORDER BY r.pattern LIMIT 1',
    test: DELETES,
  },
  {
    name: 'archive-retention-first-rooms',
    felt: 'of a hundred rooms what is too old is deleted, and of all others never',
    file: archive('src/store/postgres/postgres-archive.ts'),
    from: 'behind = row?.last_room ?? null;',
    to: 'behind = null;',
    test: deletionTest('is what is too old of all rooms, however many there are'),
  },
  {
    name: 'archive-erase-any-room',
    felt: 'who deletes what somebody said in some rooms deletes it in all',
    file: DELETION_SQL,
    from: `  WHERE (archive_erase.pattern IS NULL OR m.room LIKE outcry.archive_like(archive_erase.pattern))
    AND`,
    to: '  WHERE',
    test: DELETES,
  },
  {
    name: 'archive-erase-like',
    felt: 'who deletes `a_b` deletes `axb` as well',
    file: DELETION_SQL,
    from: "'([\\\\\\\\%_])'",
    to: "'([\\\\\\\\%])'",
    test: deletionTest('is of the rooms that the pattern means, in which nothing but * stands for others'),
  },
  {
    name: 'archive-erase-in-secret',
    felt: 'nobody can tell who deleted what, and it is archived again out of the streams',
    file: DELETION_SQL,
    from: `  INSERT INTO outcry.erasures (by_whom, pattern, sender, before, messages)
  VALUES (archive_erase.by_whom, archive_erase.pattern, archive_erase.sender, up_to, erased);
`,
    to: '',
    test: DELETES,
  },
  {
    name: 'archive-erase-comes-back',
    felt: 'what was deleted is in the archive again behind a failover',
    file: PAGE_SQL,
    from: 'AND to_timestamp(m.at / 1000.0) < e.before',
    to: 'AND false',
    test: DELETES,
  },
  {
    name: 'archive-erase-races',
    felt: 'what is written as it is deleted stays for ever',
    file: DELETION_SQL,
    from: 'PERFORM FROM outcry.archive_partitions p ORDER BY p.partition FOR UPDATE;',
    to: '',
    test: deletionTest('is also what is written as it is deleted: whoever deletes waits for that'),
  },
  {
    name: 'archive-gap-again',
    felt: 'a numbering that has ended once is counted in each round, and somebody is woken',
    file: archive('src/store/postgres/new-gaps.ts'),
    from: 'WHERE NOT EXISTS (',
    to: 'WHERE true OR NOT EXISTS (',
    test: {
      file: archive('tests/integration/postgres-store.test.ts'),
      name: 'notes a gap once, and says which are new',
    },
  },
];
