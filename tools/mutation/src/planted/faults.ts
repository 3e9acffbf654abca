import { ARCHIVE_FAULTS } from './archive-faults.ts';
import type { Fault } from './fault.ts';
import { ONE_CLUSTER_FAULTS } from './one-cluster-faults.ts';

const broker = (file: string): string => `packages/broker/${file}`;
const gateway = (file: string): string => `services/gateway/src/${file}`;
const client = (file: string): string => `packages/client/src/${file}`;

const RECOVERY = broker('tests/integration/recovery.test.ts');
const EXPIRY = broker('tests/integration/expiry.test.ts');
const firstUse = (use: string) => ({
  file: EXPIRY,
  name: `leaves nothing for ever where the first thing is to ${use}`,
});
const LIMITS = broker('src/limits/scripts/shared-limits.lua.ts');
const BOOK = broker('src/feeds/scripts/book.lua.ts');

/** Each would be felt. Those of the archive and of one cluster were noticed at once but for a few; each other one went through all the tests that were likely to notice. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'rooms-batch',
    felt: 'every 256th room misses messages in silence after a reconnection',
    file: broker('src/rooms/redis-broker.ts'),
    from: 'rooms.slice(start, start + ROOMS_PER_BATCH)',
    to: 'rooms.slice(start, start + ROOMS_PER_BATCH - 1)',
    test: {
      file: RECOVERY,
      name: 'costs nothing in more rooms than are looked at together, though all of them fall silent',
    },
  },
  {
    name: 'channels-batch',
    felt: 'every 512th channel is not subscribed again: its room or book is dead on that node',
    file: broker('src/redis/connection/subscriber.ts'),
    from: '.slice(start, start + CHANNELS_PER_COMMAND)',
    to: '.slice(start, start + CHANNELS_PER_COMMAND - 1)',
    test: { file: RECOVERY, name: 'is made good for more channels than one command subscribes' },
  },
  {
    name: 'failed-join',
    felt: 'a join that failed is not forgotten: the next one succeeds without a subscription, and the room is dead on that node',
    file: broker('src/rooms/redis-broker.ts'),
    from: `    } catch (error) {
      this.#forget(room);`,
    to: '    } catch (error) {',
    test: { file: RECOVERY, name: 'a join that fails > is forgotten: the next one joins' },
  },
  {
    name: 'revocations-batch',
    felt: 'tokens taken back, all but 100, are good again on nodes that start after Redis has lost its data',
    file: broker('src/revocations/redis-list.ts'),
    from: 'while (lost.length > 0) {',
    to: 'if (lost.length > 0) {',
    test: { file: RECOVERY, name: 'costs no revocation, of more than are stored together' },
  },
  {
    name: 'revocation-shortened',
    felt: 'a revocation that is repeated with an earlier end ends earlier',
    file: broker('src/revocations/scripts/revoke.lua.ts'),
    from: "redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])",
    to: "redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])",
    test: {
      file: broker('tests/contract/redis.test.ts'),
      name: 'RevocationList over Redis > lasts as long as the longest of those that were asked for',
    },
  },
  {
    name: 'fence-not-renewed',
    felt: 'a leader is fenced off after 24 h',
    file: broker('src/leases/scripts/lease.lua.ts'),
    from: "redis.call('PEXPIRE', KEYS[2], ARGV[3])",
    to: '',
    test: {
      file: EXPIRY,
      name: 'gives everything that is stored its time to live, and all of it again with each use',
    },
  },
  {
    name: 'lease-forgotten-first',
    felt: 'ghosts for ever, where the node that clears a lost one away dies half-way',
    file: broker('src/presence/reaper.ts'),
    from: `    const removed = await Promise.all(this.#keys.tags.map((tag) => this.#reapPartition(lease, tag)));
    await this.#redis.run(this.#keys.leases, (redis) => redis.zrem(this.#keys.leases, lease));`,
    to: `    await this.#redis.run(this.#keys.leases, (redis) => redis.zrem(this.#keys.leases, lease));
    const removed = await Promise.all(this.#keys.tags.map((tag) => this.#reapPartition(lease, tag)));`,
    test: {
      file: broker('tests/integration/presence.test.ts'),
      name: 'reaping > is taken up by the next where it broke off, as often as it does',
    },
  },
  {
    name: 'pulse-of-another-epoch',
    felt: 'an old book is shown as fresh, where the first snapshot of a new epoch was lost',
    file: gateway('books/book-replica.ts'),
    from: 'if (epoch !== state.epoch || seq > state.seq) this.#missed();',
    to: 'if (epoch === state.epoch && seq > state.seq) this.#missed();',
    test: {
      file: gateway('books/book-replica.test.ts'),
      name: 'reads the book anew on a pulse of another epoch, whose first snapshot was lost',
    },
  },
  {
    name: 'book-not-released',
    felt: 'a leak: a watch that is given up while its book opens keeps the book',
    file: gateway('books/watches.ts'),
    from: `      this.#books.release(symbol);
      return () => undefined;`,
    to: '      return () => undefined;',
    test: {
      file: gateway('books/watches.test.ts'),
      name: 'lets go of a book whose watch is given up before it has opened',
    },
  },
  {
    name: 'hole-in-a-replay',
    felt: 'what lies behind a hole is sent as if it followed, to a member that has missed more than a page',
    file: gateway('rooms/catch-up.ts'),
    from: 'const messages = hole < 0 ? all : all.slice(0, hole);',
    to: 'const messages = all;',
    test: {
      file: gateway('rooms/read-on.test.ts'),
      name: 'gives a page of what is missed by more than a page, and not what was relayed far behind it',
    },
  },
  {
    name: 'reset-keeps-the-tail',
    felt: 'a replay with messages of a numbering that is over, where a reset came while somebody read history',
    file: gateway('rooms/room.ts'),
    from: '    this.#tail?.break();\n',
    to: '',
    test: {
      file: gateway('rooms/read-on.test.ts'),
      name: 'takes nothing of a numbering that is over, though somebody still reads who began in it',
    },
  },
  {
    name: 'woken-one-late',
    felt: 'each resume on a gateway that is behind another waits for 2 s',
    file: gateway('rooms/relay-tail.ts'),
    from: 'this.#waiters.filter((waiter) => waiter.seq <= seq)',
    to: 'this.#waiters.filter((waiter) => waiter.seq < seq)',
    test: {
      file: gateway('rooms/relay-tail.test.ts'),
      name: 'wakes who waits for a message with that very message, and not with the one before',
    },
  },
  {
    name: 'attempts-not-forgotten',
    felt: 'each later blip of Redis lasts longer',
    file: broker('src/redis/health/recovery.ts'),
    from: '    this.#attempt = 0;\n',
    to: '',
    test: {
      file: broker('src/redis/health/recovery.test.ts'),
      name: 'begins anew with the next loss: the waits of an earlier one are over',
    },
  },
  {
    name: 'late-beat',
    felt: 'a fresh connection is torn down for a beat that the one before it has missed',
    file: broker('src/redis/connection/heartbeat.ts'),
    from: '      if (run !== this.#run) return;\n',
    to: '',
    test: {
      file: broker('src/redis/connection/heartbeat.test.ts'),
      name: 'says nothing of a beat from before it was started anew: that connection is gone, and this one is fresh',
    },
  },
  {
    name: 'first-of-an-epoch',
    felt: 'the first message of an epoch that begins behind a read is lost until the next comes',
    file: broker('src/rooms/sequencer.ts'),
    from: 'seq <= head.seq : index < known;',
    to: 'seq <= head.seq : index <= known;',
    test: {
      file: broker('src/rooms/sequencer.test.ts'),
      name: 'begins a new epoch from its first message also where it changes behind a read',
    },
  },
  {
    name: 'counts-for-ever',
    felt: 'Redis fills with the counts of nodes that were lost',
    file: LIMITS,
    from: "  redis.call('PEXPIRE', KEYS[1], ARGV[4])\n",
    to: '',
    test: firstUse('hold a count'),
  },
  {
    name: 'buckets-for-ever',
    felt: 'Redis fills with the rates of whoever has ever come',
    file: LIMITS,
    from: "string.format('%.3f', full_at), 'PX', math.ceil(full_at - now))",
    to: "string.format('%.3f', full_at))",
    test: firstUse('take a token'),
  },
  {
    name: 'books-for-ever',
    felt: 'Redis fills with the books of symbols that nobody publishes any more',
    file: BOOK,
    from: "redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])",
    to: "redis.call('SET', KEYS[1], ARGV[2])",
    test: firstUse('publish a snapshot'),
  },
  {
    name: 'deltas-for-ever',
    felt: 'Redis fills with the deltas of such books',
    file: BOOK,
    from: "redis.call('PEXPIRE', KEYS[2], ARGV[3])\n",
    to: '',
    test: {
      file: EXPIRY,
      name: 'gives everything that is stored its time to live, and all of it again with each use',
    },
  },
  {
    name: 'lease-from-the-answer',
    felt: 'a leader trusts its lease for one round trip too long',
    file: 'packages/worker/src/leases/held-lease.ts',
    from: 'return { grant: answer, askedAt };',
    to: 'return { grant: answer, askedAt: performance.now() };',
    test: {
      file: 'services/feed-publisher/src/leadership/seat.test.ts',
      name: 'counts on its lease from before it asked for it, however late the answer comes',
    },
  },
  {
    name: 'burst-twice-as-large',
    felt: 'a client that resumes many rooms is refused',
    file: client('core/pacer.ts'),
    from: 'burst: own * 2 }',
    to: 'burst: own * 4 }',
    test: {
      file: client('core/pacer.test.ts'),
      name: 'lets 90 go at once, then one as soon as it may, and never more than that on average',
    },
  },
  {
    name: 'backoff-begins-anew',
    felt: 'a gateway that welcomes and sends away is hammered',
    file: client('core/link.ts'),
    from: "if (this.#phase.name === 'live' && now - this.#phase.since >= STEADY_MS)",
    to: "if (this.#phase.name === 'live')",
    test: {
      file: client('client-connection.test.ts'),
      name: 'the wait for another attempt > goes on growing where a gateway welcomes and sends away',
    },
  },
  ...ARCHIVE_FAULTS,
  ...ONE_CLUSTER_FAULTS,
];
