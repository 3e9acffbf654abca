import type { StorageStatus } from '@outcry/broker';
import { CLOSE_CODES, Encoding, ERROR_CODES, type ErrorCodeName } from '@outcry/protocol';
import { collectProcessMetrics } from '@outcry/service';
import { TraceMetrics } from '@outcry/tracing';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import { Sampler } from '../sampling/sampler.ts';
import { DeferredHistogram } from './deferred-histogram.ts';
import { HookMetrics } from './hook-metrics.ts';
import { LABEL_VALUES } from './label-values.ts';
import { Tally } from './tally.ts';

const ENCODINGS = { encoding: Object.values(Encoding) };
const ERROR_NAMES = Object.keys(ERROR_CODES) as ErrorCodeName[];
/** The protocol's, and those that IANA has registered: a client, or what stands before it, may close with any. */
const KNOWN_CLOSE_CODES: ReadonlySet<number> = new Set([
  ...Object.values(CLOSE_CODES).map(({ code }) => code),
  ...[1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014],
]);
const STORAGE_STATES = ['writable', 'full', 'readOnly'] as const satisfies readonly StorageStatus['state'][];
const LAG_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export interface GaugeSources {
  readonly rooms: () => number;
  readonly books: () => number;
  /** Reads of rooms' pasts. */
  readonly waitingReads: () => number;
  readonly isDraining: () => boolean;
  readonly storage: () => StorageStatus['state'];
  /** In seconds since 1970; undefined where the public port has none. */
  readonly certificateEndsAt: number | undefined;
  /** Undefined or empty where it is not known. */
  readonly evictionPolicy: () => string | undefined;
  /** Messages that were let go of before they were archived. */
  readonly unarchived: () => number;
}

/** What the other parts count. Labels are bounded: encodings, error codes, close codes; never users or rooms. */
export class GatewayMetrics {
  readonly registry = new Registry();
  readonly hooks = new HookMetrics(this.registry);
  readonly traces = new TraceMetrics(this.registry, 'gateway');
  /** Of what metrics have no labels for, while somebody looks. */
  readonly sampler = new Sampler();

  readonly connections = this.#gauge('connections', 'Open connections.', ['encoding']);
  readonly brokerUp = this.#gauge('broker_up', '1 while live delivery from a shard of the broker is whole.', ['shard']);
  readonly relayed = this.#tally('messages_relayed_total', 'Room messages taken from the broker, once per node.');
  readonly transcoded = this.#tally('messages_transcoded_total', 'Room messages turned into JSON, once per node.');
  readonly resets = this.#counter('room_resets_total', 'Rooms whose continuity broke and could not be repaired.');
  readonly roomsHeldBack = this.#counter('rooms_held_back_total', 'Rooms held back from slow clients, each counted.');
  readonly roomsReleased = this.#counter(
    'rooms_released_total',
    'Rooms held back no more: caught up from history, reset because it was not kept, or left by the client.',
    { outcome: LABEL_VALUES.releases },
  );
  readonly pastReads = this.#counter('history_reads_total', 'Pages of rooms’ pasts that the broker was asked for.');
  readonly pastBytes = this.#counter('history_read_bytes_total', 'Bytes of the messages in those pages.');
  readonly pastReadsSpared = this.#counter(
    'history_reads_spared_total',
    'Pages that the broker was not asked for: another’s was equal (shared), nobody waited any more (gone), or for too long (expired), or too many did (refused).',
    { why: LABEL_VALUES.sparedReads },
  );
  readonly archiveReads = this.#counter('archive_reads_total', 'Pages of rooms’ pasts that the archive was asked for.');
  readonly archiveBytes = this.#counter('archive_read_bytes_total', 'Bytes of the messages in those pages.');
  readonly archiveReadsSpared = this.#counter(
    'archive_reads_spared_total',
    'Pages that the archive was not asked for: as those of streams.',
    { why: LABEL_VALUES.sparedReads },
  );
  readonly archiveFaults = this.#counter(
    'archive_faults_total',
    'Pages that the archive was asked for in vain, or not at all while it fails.',
  );
  readonly archiveWaits = this.#counter(
    'archive_waits_total',
    'Waits of those who missed what only the archive has, while it was away: ended by another try (again), or given up as too long (late), or too many (refused), or of no use to anybody (gone).',
    { outcome: LABEL_VALUES.archiveWaits },
  );
  readonly archiveSeconds = new Histogram({
    name: 'outcry_gateway_archive_read_seconds',
    help: 'What a page of the archive took.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1],
    registers: [this.registry],
  });
  readonly archiveSearches = this.#counter('archive_searches_total', 'Searches of the archive by the server API.', {
    outcome: LABEL_VALUES.searches,
  });
  readonly archiveSearchSeconds = new Histogram({
    name: 'outcry_gateway_archive_search_seconds',
    help: 'What a search of the archive took, those that were broken off included.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });
  readonly membersAdded = this.#counter('members_added_total', 'Connections that came into rooms with presence.');
  readonly membersRemoved = this.#counter('members_removed_total', 'Connections that left such rooms, grace included.');
  readonly presenceLeasesReaped = this.#counter('presence_leases_reaped_total', 'Lost nodes cleared away by this one.');
  readonly presenceEntriesReaped = this.#counter('presence_entries_reaped_total', 'Members that lost nodes had left.');
  readonly presenceEntriesRestored = this.#counter(
    'presence_entries_restored_total',
    "Members written again because this node's presence lease, or the store's data, was lost.",
  );
  readonly presenceFaults = this.#counter('presence_faults_total', 'Presence calls that failed and were put off.');
  readonly bookResyncs = this.#counter('book_resyncs_total', 'Times that a book replica was read anew.');
  readonly bookFramesRelayed = this.#counter(
    'book_frames_relayed_total',
    'Book frames made, each watcher counted: delivered, conflated or evicted, or still held back.',
  );
  readonly bookFramesDelivered = this.#counter(
    'book_frames_delivered_total',
    'Book frames handed to the transport, each watcher counted.',
  );
  readonly bookFramesConflated = this.#counter(
    'book_frames_conflated_total',
    'Book frames held back from a slow watcher and made good by one snapshot.',
  );
  readonly bookCatchUps = this.#counter('book_catch_ups_total', 'Snapshots that brought a slow watcher up to date.');
  readonly bookFramesEvicted = this.#counter(
    'book_frames_evicted_total',
    'Book frames held back from a slow watcher whose connection ended before it had caught up.',
  );
  readonly rateLimited = this.#counter('rate_limited_total', 'What came from clients too fast, and was dropped.', {
    what: LABEL_VALUES.rateLimits,
  });
  readonly storedLimitsReached = this.#counter(
    'stored_limits_reached_total',
    'Publishes and joins refused because of what their user or address has stored, by the limit.',
    { limit: LABEL_VALUES.storedLimits },
  );
  readonly tokenRefusals = this.#counter('token_refusals_total', 'Tokens that were refused, by what was wrong.', {
    reason: LABEL_VALUES.tokenRefusals,
  });
  readonly infoClaimsLeftOut = this.#counter(
    'info_claims_left_out_total',
    'Claims of OUTCRY_AUTH_INFO_CLAIMS that a token had and that nobody is shown: past 1,024 bytes in all, or not what a payload may be.',
  );
  readonly keyFetches = this.#counter('key_fetches_total', 'Fetches of the provider’s keys, by what came of them.', {
    outcome: LABEL_VALUES.keyFetches,
  });
  readonly keysFetchedAt = this.#gauge(
    'keys_fetched_timestamp_seconds',
    'When the keys of the identity provider were last fetched; 0 where none have been, or there is no provider.',
  );
  readonly accountRefusals = this.#counter(
    'account_refusals_total',
    'Requests to register or to log in that were refused, by error code.',
    { code: LABEL_VALUES.accountRefusals },
  );
  readonly serverCommands = this.#counter(
    'server_commands_total',
    'What the server API wanted of connections here, by command and by what became of it for each: `done`, `nothing` to do, `limit` of rooms, `lagging`, `unavailable`; and `overflow`, of commands that were dropped because too many waited.',
    { command: LABEL_VALUES.serverCommands, outcome: LABEL_VALUES.serverCommandOutcomes },
  );
  readonly closesForgotten = this.#counter(
    'closes_forgotten_total',
    'Closed connections of which nothing is remembered any more, because others have closed since.',
  );
  readonly revocations = this.#counter('revocations_total', 'Revocations that this node has learnt of.');
  readonly refusals = this.#counter('upgrades_refused_total', 'Handshakes answered with HTTP instead of an upgrade.', {
    status: LABEL_VALUES.refusedUpgrades,
  });
  readonly socketsRefused = this.#counter(
    'sockets_refused_total',
    'Sockets of the public port that were closed as they came, by the limit: `sockets`, `handshakes` or `address`.',
    { limit: LABEL_VALUES.socketLimits },
  );
  readonly unreadableForwards = this.#counter(
    'forwarded_unreadable_total',
    'Requests whose X-Forwarded-For names no address where a trusted proxy should have: they count as the proxy’s.',
  );
  readonly drained = this.#counter(
    'drained_total',
    'Clients of a gateway that wanted them to go: moved by themselves (moved), closed in their turn (closed), or when their time was over (late).',
    { outcome: LABEL_VALUES.drained },
  );
  readonly balanced = this.#counter(
    'balance_asked_total',
    'Clients that were asked to move because this gateway has more than the others.',
  );
  readonly lagging = this.#counter('lagging_total', 'Times that a client crossed the soft limit of unread bytes.');
  readonly overflows = this.#counter('overflows_total', 'Connections that lost a frame because too much was unread.');
  readonly relayLag = this.#histogram('relay_lag_seconds', 'From the numbering of a message to its fan-out here.');
  readonly publishesShed = this.#tally(
    'publishes_shed_total',
    'Publishes refused at the door, because those before them wait for their answers.',
  );
  readonly publishSeconds = this.#histogram('publish_seconds', 'From a publish request to its acknowledgement.');

  readonly #closes = this.#counter('closes_total', 'Connections that ended, by close code.', {
    code: [...KNOWN_CLOSE_CODES, 'other'].map(String),
  });
  readonly #errors = this.#tallies('errors_total', 'Error frames sent.', { code: ERROR_NAMES });
  readonly #messagesIn = this.#tallies('messages_in_total', 'Frames received from clients.', ENCODINGS);
  readonly #bytesIn = this.#tallies('bytes_in_total', 'Bytes of frames received from clients.', ENCODINGS);
  readonly #messagesOut = this.#tallies(
    'messages_out_total',
    'Frames sent to clients, each recipient counted.',
    ENCODINGS,
  );
  readonly #bytesOut = this.#tallies(
    'bytes_out_total',
    'Bytes of frames sent to clients, each recipient counted.',
    ENCODINGS,
  );

  constructor() {
    for (const encoding of ENCODINGS.encoding) this.connections.set({ encoding }, 0);
    collectProcessMetrics(this.registry, 'outcry_gateway');
  }

  /** Gauges that are read when they are asked for. */
  observe(sources: GaugeSources): void {
    this.#read('rooms', 'Rooms delivered to this node, those that linger included.', sources.rooms);
    this.#read('books', 'Books that this node holds a replica of.', sources.books);
    this.#read('history_reads_waiting', 'Reads of rooms’ pasts that wait for their turn.', sources.waitingReads);
    this.#read('draining', '1 while this node sends its clients away.', () => (sources.isDraining() ? 1 : 0));
    this.#read('broker_writable', '0 while the broker refuses messages: its storage is full, or read-only.', () =>
      sources.storage() === 'writable' ? 1 : 0,
    );
    this.#readStorage(sources.storage);
    new Counter({
      name: 'outcry_gateway_unarchived_messages_total',
      help: 'Messages of archived rooms that are stored no longer than any, though they are not archived: there were too many.',
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(sources.unarchived());
      },
    });
    const { certificateEndsAt } = sources;
    if (certificateEndsAt !== undefined) {
      const help = 'When the certificate of the public port ends.';
      this.#read('tls_certificate_ends_timestamp_seconds', help, () => certificateEndsAt);
    }
    new Gauge({
      name: 'outcry_gateway_broker_eviction_policy',
      help: '1, under the name of what the broker does when its memory is full.',
      labelNames: ['policy'],
      registers: [this.registry],
      collect() {
        this.reset();
        const policy = sources.evictionPolicy();
        if (policy !== undefined && policy !== '') this.labels(policy).set(1);
      },
    });
  }

  #readStorage(storage: GaugeSources['storage']): void {
    new Gauge({
      name: 'outcry_gateway_broker_storage',
      help: '1 for what the broker can store: everything (`writable`), no messages (`full`), nothing (`readOnly`).',
      labelNames: ['state'],
      registers: [this.registry],
      collect() {
        for (const state of STORAGE_STATES) this.set({ state }, storage() === state ? 1 : 0);
      },
    });
  }

  observeTransport(isWriting: () => boolean): void {
    const help = '0 while nothing that is sent leaves the process, to whichever client.';
    this.#read('transport_writing', help, () => (isWriting() ? 1 : 0));
  }

  /** Sockets of the public port, by what they are. */
  observeSockets(read: () => Readonly<Record<'handshakes' | 'open' | 'closing', number>>): void {
    new Gauge({
      name: 'outcry_gateway_sockets',
      help: 'Sockets of the public port: no WebSocket yet, open, or closed a moment ago.',
      labelNames: ['state'],
      registers: [this.registry],
      collect() {
        const { handshakes, open, closing } = read();
        this.set({ state: 'handshake' }, handshakes);
        this.set({ state: 'open' }, open);
        this.set({ state: 'closing' }, closing);
      },
    });
  }

  /** Whether this gateway decides who moves. */
  observeBalance(isDecider: () => boolean): void {
    this.#read('balance_decider', '1 on the gateway that decides from where to where clients move.', () =>
      isDecider() ? 1 : 0,
    );
  }

  /** A connection that ended. Clients choose codes, too: those that nobody has agreed on count as one. */
  countClose(code: number): void {
    this.#closes.labels(KNOWN_CLOSE_CODES.has(code) ? String(code) : 'other').inc();
  }

  /** Publishes without an answer, and how many there may be. */
  observePublishes(source: { readonly inFlight: number; readonly maxInFlight: number }): void {
    this.#read('publishes_in_flight', 'Publishes that wait for their answer.', () => source.inFlight);
    this.#read('publishes_in_flight_max', 'How many there may be; one more is refused.', () => source.maxInFlight);
  }

  /** An error frame that was sent. */
  countError(code: ErrorCodeName): void {
    this.#errors[code].inc();
  }

  /** One frame from a client. */
  countIn(encoding: Encoding, frameBytes: number): void {
    this.#messagesIn[encoding].inc();
    this.#bytesIn[encoding].inc(frameBytes);
  }

  /** One frame, sent to so many recipients of an encoding. Bytes of text are counted as its length. */
  countOut(encoding: Encoding, frameBytes: number, recipients: number): void {
    this.#messagesOut[encoding].inc(recipients);
    this.#bytesOut[encoding].inc(frameBytes * recipients);
  }

  #read(name: string, help: string, value: () => number): void {
    new Gauge({
      name: `outcry_gateway_${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.set(value());
      },
    });
  }

  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name: `outcry_gateway_${name}`, help, labelNames, registers: [this.registry] });
  }

  /** @param labels the values that are known of each label */
  #counter(name: string, help: string, labels: Readonly<Record<string, readonly string[]>> = {}): Counter {
    const labelNames = Object.keys(labels);
    const counter = new Counter({ name: `outcry_gateway_${name}`, help, labelNames, registers: [this.registry] });
    for (const each of combinationsOf(labels)) counter.inc(each, 0);
    return counter;
  }

  #tally(name: string, help: string): Tally {
    const tally = new Tally();
    this.#readCounter({ name, help, labelNames: [] }, (counter) => {
      counter.inc(tally.value);
    });
    return tally;
  }

  /** One for each value of a label. */
  #tallies<V extends string>(
    name: string,
    help: string,
    labels: Readonly<Record<string, readonly V[]>>,
  ): Readonly<Record<V, Tally>> {
    const [[label, values] = ['', []]] = Object.entries(labels);
    const tallies = Object.fromEntries(values.map((value) => [value, new Tally()])) as Record<V, Tally>;
    this.#readCounter({ name, help, labelNames: [label] }, (counter) => {
      for (const value of values) counter.inc({ [label]: value }, tallies[value].value);
    });
    return tallies;
  }

  /** A counter whose values are read when it is asked for. */
  #readCounter(options: { name: string; help: string; labelNames: string[] }, read: (counter: Counter) => void): void {
    new Counter({
      ...options,
      name: `outcry_gateway_${options.name}`,
      registers: [this.registry],
      collect() {
        this.reset();
        read(this);
      },
    });
  }

  #histogram(name: string, help: string): DeferredHistogram {
    return new DeferredHistogram({
      name: `outcry_gateway_${name}`,
      help,
      buckets: LAG_BUCKETS_SECONDS,
      registers: [this.registry],
    });
  }
}

/** Every value of each label with every value of the others; none where there are no labels. */
function combinationsOf(
  labels: Readonly<Record<string, readonly string[]>>,
): readonly Readonly<Record<string, string>>[] {
  const names = Object.entries(labels);
  if (names.length === 0) return [];
  let all: readonly Readonly<Record<string, string>>[] = [{}];
  for (const [name, values] of names) all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  return all;
}
