import type { StorageStatus } from '@outcry/broker';
import { Encoding, ERROR_CODES, type ErrorCodeName } from '@outcry/protocol';
import { collectProcessMetrics } from '@outcry/service';
import { TraceMetrics } from '@outcry/tracing';
import { Counter, Gauge, Registry } from 'prom-client';

import { Sampler } from '../sampling/sampler.ts';
import { ArchiveMetrics } from './archive-metrics.ts';
import { CLOSE_CODE_LABELS, closeCodeLabel } from './close-code-label.ts';
import { ConsoleMetrics } from './console-metrics.ts';
import { HookMetrics } from './hook-metrics.ts';
import { Instruments } from './instruments.ts';
import { LABEL_VALUES } from './label-values.ts';

const ENCODINGS = { encoding: Object.values(Encoding) };
const ERROR_NAMES = Object.keys(ERROR_CODES) as ErrorCodeName[];
const STORAGE_STATES = ['writable', 'full', 'readOnly'] as const satisfies readonly StorageStatus['state'][];

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
  readonly #make = new Instruments(this.registry);
  readonly archive = new ArchiveMetrics(this.registry);
  readonly hooks = new HookMetrics(this.registry);
  readonly console = new ConsoleMetrics(this.registry);
  readonly traces = new TraceMetrics(this.registry, 'gateway');
  /** Of what metrics have no labels for, while somebody looks. */
  readonly sampler = new Sampler();

  readonly connections = this.#make.gauge('connections', 'Open connections.', ['encoding']);
  readonly brokerUp = this.#make.gauge('broker_up', '1 while live delivery from a shard of the broker is whole.', [
    'shard',
  ]);
  readonly relayed = this.#make.tally('messages_relayed_total', 'Room messages taken from the broker, once per node.');
  readonly transcoded = this.#make.tally('messages_transcoded_total', 'Room messages turned into JSON, once per node.');
  readonly resets = this.#make.counter('room_resets_total', 'Rooms whose continuity broke and could not be repaired.');
  readonly roomsHeldBack = this.#make.counter(
    'rooms_held_back_total',
    'Rooms held back from slow clients, each counted.',
  );
  readonly roomsReleased = this.#make.counter(
    'rooms_released_total',
    'Rooms held back no more: caught up from history, reset because it was not kept, or left by the client.',
    { outcome: LABEL_VALUES.releases },
  );
  readonly pastReads = this.#make.counter(
    'history_reads_total',
    'Pages of rooms’ pasts that the broker was asked for.',
  );
  readonly pastBytes = this.#make.counter('history_read_bytes_total', 'Bytes of the messages in those pages.');
  readonly pastReadsSpared = this.#make.counter(
    'history_reads_spared_total',
    'Pages that the broker was not asked for: another’s was equal (shared), nobody waited any more (gone), or for too long (expired), or too many did (refused).',
    { why: LABEL_VALUES.sparedReads },
  );
  readonly membersAdded = this.#make.counter('members_added_total', 'Connections that came into rooms with presence.');
  readonly membersRemoved = this.#make.counter(
    'members_removed_total',
    'Connections that left such rooms, grace included.',
  );
  readonly presenceLeasesReaped = this.#make.counter(
    'presence_leases_reaped_total',
    'Lost nodes cleared away by this one.',
  );
  readonly presenceEntriesReaped = this.#make.counter(
    'presence_entries_reaped_total',
    'Members that lost nodes had left.',
  );
  readonly presenceEntriesRestored = this.#make.counter(
    'presence_entries_restored_total',
    "Members written again because this node's presence lease, or the store's data, was lost.",
  );
  readonly presenceFaults = this.#make.counter('presence_faults_total', 'Presence calls that failed and were put off.');
  readonly bookResyncs = this.#make.counter('book_resyncs_total', 'Times that a book replica was read anew.');
  readonly bookFramesRelayed = this.#make.counter(
    'book_frames_relayed_total',
    'Book frames made, each watcher counted: delivered, conflated or evicted, or still held back.',
  );
  readonly bookFramesDelivered = this.#make.counter(
    'book_frames_delivered_total',
    'Book frames handed to the transport, each watcher counted.',
  );
  readonly bookFramesConflated = this.#make.counter(
    'book_frames_conflated_total',
    'Book frames held back from a slow watcher and made good by one snapshot.',
  );
  readonly bookCatchUps = this.#make.counter(
    'book_catch_ups_total',
    'Snapshots that brought a slow watcher up to date.',
  );
  readonly bookFramesEvicted = this.#make.counter(
    'book_frames_evicted_total',
    'Book frames held back from a slow watcher whose connection ended before it had caught up.',
  );
  readonly rateLimited = this.#make.counter('rate_limited_total', 'What came from clients too fast, and was dropped.', {
    what: LABEL_VALUES.rateLimits,
  });
  readonly storedLimitsReached = this.#make.counter(
    'stored_limits_reached_total',
    'Publishes and joins refused because of what their user or address has stored, by the limit.',
    { limit: LABEL_VALUES.storedLimits },
  );
  readonly tokenRefusals = this.#make.counter('token_refusals_total', 'Tokens that were refused, by what was wrong.', {
    reason: LABEL_VALUES.tokenRefusals,
  });
  readonly infoClaimsLeftOut = this.#make.counter(
    'info_claims_left_out_total',
    'Claims of OUTCRY_AUTH_INFO_CLAIMS that a token had and that nobody is shown: past 1,024 bytes in all, or not what a payload may be.',
  );
  readonly keyFetches = this.#make.counter(
    'key_fetches_total',
    'Fetches of the provider’s keys, by what came of them.',
    {
      outcome: LABEL_VALUES.keyFetches,
    },
  );
  readonly keysFetchedAt = this.#make.gauge(
    'keys_fetched_timestamp_seconds',
    'When the keys of the identity provider were last fetched; 0 where none have been, or there is no provider.',
  );
  readonly accountRefusals = this.#make.counter(
    'account_refusals_total',
    'Requests to register or to log in that were refused, by error code.',
    { code: LABEL_VALUES.accountRefusals },
  );
  readonly apiRequests = this.#make.counter(
    'api_requests_total',
    'Requests to the server API, and the commands of its batches. What is no command is `unknown`.',
    { command: LABEL_VALUES.apiCommands },
  );
  readonly apiRefusals = this.#make.counter('api_refusals_total', 'Those of them that were refused, by code.', {
    code: LABEL_VALUES.apiRefusals,
  });
  readonly apiTokenRefusals = this.#make.counter(
    'api_token_refusals_total',
    'ID tokens that the server API refused, by what was wrong; `no-role`: somebody who has no right here.',
    { reason: LABEL_VALUES.apiTokenRefusals },
  );
  readonly apiKeyFetches = this.#make.counter(
    'api_key_fetches_total',
    'Fetches of the keys of the provider at which people sign in, by what came of them.',
    { outcome: LABEL_VALUES.keyFetches },
  );
  readonly serverCommands = this.#make.counter(
    'server_commands_total',
    'What the server API wanted of connections here, by command and by what became of it for each: `done`, `nothing` to do, `limit` of rooms, `lagging`, `unavailable`; and `overflow`, of commands that were dropped because too many waited.',
    { command: LABEL_VALUES.serverCommands, outcome: LABEL_VALUES.serverCommandOutcomes },
  );
  readonly closesForgotten = this.#make.counter(
    'closes_forgotten_total',
    'Closed connections of which nothing is remembered any more, because others have closed since.',
  );
  readonly revocations = this.#make.counter('revocations_total', 'Revocations that this node has learnt of.');
  readonly refusals = this.#make.counter(
    'upgrades_refused_total',
    'Handshakes answered with HTTP instead of an upgrade.',
    {
      status: LABEL_VALUES.refusedUpgrades,
    },
  );
  readonly socketsRefused = this.#make.counter(
    'sockets_refused_total',
    'Sockets of the public port that were closed as they came, by the limit: `sockets`, `handshakes` or `address`.',
    { limit: LABEL_VALUES.socketLimits },
  );
  readonly unreadableForwards = this.#make.counter(
    'forwarded_unreadable_total',
    'Requests whose X-Forwarded-For names no address where a trusted proxy should have: they count as the proxy’s.',
  );
  readonly drained = this.#make.counter(
    'drained_total',
    'Clients of a gateway that wanted them to go: moved by themselves (moved), closed in their turn (closed), or when their time was over (late).',
    { outcome: LABEL_VALUES.drained },
  );
  readonly balanced = this.#make.counter(
    'balance_asked_total',
    'Clients that were asked to move because this gateway has more than the others.',
  );
  readonly lagging = this.#make.counter('lagging_total', 'Times that a client crossed the soft limit of unread bytes.');
  readonly overflows = this.#make.counter(
    'overflows_total',
    'Connections that lost a frame because too much was unread.',
  );
  readonly relayLag = this.#make.histogram('relay_lag_seconds', 'From the numbering of a message to its fan-out here.');
  readonly publishesShed = this.#make.tally(
    'publishes_shed_total',
    'Publishes refused at the door, because those before them wait for their answers.',
  );
  readonly publishSeconds = this.#make.histogram('publish_seconds', 'From a publish request to its acknowledgement.');

  readonly #closes = this.#make.counter('closes_total', 'Connections that ended, by close code.', {
    code: CLOSE_CODE_LABELS,
  });
  readonly #errors = this.#make.tallies('errors_total', 'Error frames sent.', { code: ERROR_NAMES });
  readonly #messagesIn = this.#make.tallies('messages_in_total', 'Frames received from clients.', ENCODINGS);
  readonly #bytesIn = this.#make.tallies('bytes_in_total', 'Bytes of frames received from clients.', ENCODINGS);
  readonly #messagesOut = this.#make.tallies(
    'messages_out_total',
    'Frames sent to clients, each recipient counted.',
    ENCODINGS,
  );
  readonly #bytesOut = this.#make.tallies(
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
    this.#make.read('rooms', 'Rooms delivered to this node, those that linger included.', sources.rooms);
    this.#make.read('books', 'Books that this node holds a replica of.', sources.books);
    this.#make.read('history_reads_waiting', 'Reads of rooms’ pasts that wait for their turn.', sources.waitingReads);
    this.#make.read('draining', '1 while this node sends its clients away.', () => (sources.isDraining() ? 1 : 0));
    this.#make.read('broker_writable', '0 while the broker refuses messages: its storage is full, or read-only.', () =>
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
      this.#make.read('tls_certificate_ends_timestamp_seconds', help, () => certificateEndsAt);
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
    this.#make.read('transport_writing', help, () => (isWriting() ? 1 : 0));
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
    this.#make.read('balance_decider', '1 on the gateway that decides from where to where clients move.', () =>
      isDecider() ? 1 : 0,
    );
  }

  /** A connection that ended. */
  countClose(code: number): void {
    this.#closes.labels(closeCodeLabel(code)).inc();
  }

  /** Publishes without an answer, and how many there may be. */
  observePublishes(source: { readonly inFlight: number; readonly maxInFlight: number }): void {
    this.#make.read('publishes_in_flight', 'Publishes that wait for their answer.', () => source.inFlight);
    this.#make.read('publishes_in_flight_max', 'How many there may be; one more is refused.', () => source.maxInFlight);
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
}
