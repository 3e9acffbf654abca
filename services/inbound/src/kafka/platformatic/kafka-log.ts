import { OutcryError } from '@outcry/broker';
import {
  type BaseOptions,
  Consumer,
  type Message,
  type MessagesStream,
  Producer,
  type SASLMechanismValue,
} from '@platformatic/kafka';

import type { LogPage, LogRecord, Place, RecordLog, RefusedRecord } from '../record-log.ts';
import { type KafkaConfig, SaslMechanism } from '../settings.ts';
import { toFault } from './to-fault.ts';

export interface KafkaLogOptions extends KafkaConfig {
  /** These partitions are this service's from now on, and no others. Undefined: it is not one of the group any more. */
  readonly onPartitions: (names: readonly string[] | undefined) => void;
}

const CLIENT_ID = 'outcry-inbound';
const MAX_PAGE = 256;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** Of one answer of a broker, and of one partition in it; a single record may be longer. */
const MAX_FETCH_BYTES = 4 * 1024 * 1024;
const MAX_PARTITION_BYTES = 1024 * 1024;
/** Nothing is fetched while so many records wait here: of the longest that brokers take by themselves (1 MiB) they are 16 MiB. */
const MAX_WAITING = 16;
/** How long a broker holds an answer that has nothing in it. */
const FETCH_WAIT_MS = 1000;
const REQUEST_TIMEOUT_MS = 5000;
const HEARTBEATS_PER_SESSION = 3;
const EARLIEST = -2n;
/** What of a record's headers goes with it where it is put aside: what it takes to publish it again. */
const KEPT_HEADERS = new Set(['room', 'key', 'traceparent']);
/** Of a text of a record that is put aside, so that it fits its topic with what is said of it. */
const MAX_DETAIL_LENGTH = 1024;
const MAX_ASIDE_BYTES = 64 * 1024;

const MECHANISMS: Readonly<Record<SaslMechanism, SASLMechanismValue>> = {
  [SaslMechanism.Sha512]: 'SCRAM-SHA-512',
  [SaslMechanism.Sha256]: 'SCRAM-SHA-256',
  [SaslMechanism.Plain]: 'PLAIN',
};

/**
 * Topics by @platformatic/kafka, as one of a consumer group. Every fault ends the membership, and whoever reads begins another: what
 * the client would try again by itself includes a settlement under the membership that follows a lost one, which is another's to say
 * (2.12.1, `Consumer#commit`), so it is told to try nothing again.
 */
export class KafkaLog implements RecordLog {
  readonly #options: KafkaLogOptions;
  readonly #producer: Producer;
  #consumer: Consumer | undefined;

  constructor(options: KafkaLogOptions) {
    this.#options = options;
    this.#producer = new Producer({ ...this.#connection(), acks: -1 });
    // Each call says what is wrong.
    this.#producer.on('error', () => undefined);
  }

  async identify(): Promise<ReadonlyMap<string, string>> {
    const { topics, refusedTopic } = this.#options;
    const names = new Map<string, string>();
    // One by one: of several the client names another one than that which is not there (2.12.1).
    for (const topic of [...topics, refusedTopic]) {
      const found = await call(() => this.#producer.metadata({ topics: [topic], forceUpdate: true }));
      names.set(topic, found.topics.get(topic)?.id ?? topic);
    }
    return names;
  }

  async *read(signal: AbortSignal): AsyncIterable<LogPage> {
    const consumer = this.#createConsumer();
    this.#consumer = consumer;
    try {
      const stream = await call(() => this.#openStream(consumer));
      const end = (): void => {
        stream.close().catch(() => undefined);
      };
      const fail = (err: Error): void => {
        stream.destroy(err);
      };
      // It would read on without being one of the group.
      consumer.on('error', fail);
      consumer.on('consumer:heartbeat:stalled', ({ lastError }) => {
        fail(lastError ?? new OutcryError('unavailable', 'Kafka: the group does not answer'));
      });
      signal.addEventListener('abort', end);
      try {
        if (!isAborted(signal)) yield* pagesOf(stream, consumer);
      } finally {
        signal.removeEventListener('abort', end);
      }
    } finally {
      this.#consumer = undefined;
      this.#options.onPartitions(undefined);
      await close(consumer);
    }
  }

  async putAside(refused: readonly RefusedRecord[]): Promise<void> {
    const { refusedTopic: topic } = this.#options;
    const messages = refused.map(({ record, refusal }) => ({
      topic,
      ...(record.key === undefined ? {} : { key: record.key.subarray(0, MAX_ASIDE_BYTES) }),
      value: record.value?.subarray(0, MAX_ASIDE_BYTES) ?? Buffer.alloc(0),
      headers: new Map(
        Object.entries({
          ...Object.fromEntries([...record.headers].filter(([name]) => KEPT_HEADERS.has(name))),
          'outcry-topic': record.topic,
          'outcry-partition': String(record.partition),
          'outcry-offset': String(record.offset),
          'outcry-reason': refusal.reason,
          'outcry-detail': refusal.detail.slice(0, MAX_DETAIL_LENGTH),
        }).map(([name, value]) => [Buffer.from(name), Buffer.from(value).subarray(0, MAX_ASIDE_BYTES)]),
      ),
    }));
    await call(() => this.#producer.send({ messages }));
  }

  async countWaiting(): Promise<number | undefined> {
    const consumer = this.#consumer;
    const topics = consumer?.assignments ?? undefined;
    if (consumer === undefined || topics === undefined) return undefined;
    if (topics.length === 0) return 0;
    const partitions = Object.fromEntries(topics.map(({ topic, partitions: own }) => [topic, own]));
    const listed = { topics: topics.map(({ topic }) => topic), partitions };
    const [ends, begins, places] = await call(() =>
      Promise.all([
        consumer.listOffsets(listed),
        consumer.listOffsets({ ...listed, timestamp: EARLIEST }),
        consumer.listCommittedOffsets({ topics }),
      ]),
    );
    return topics
      .flatMap(({ topic, partitions: own }) => own.map((partition) => [topic, partition] as const))
      .map(([topic, partition]) => {
        const [end, begin, place] = [ends, begins, places].map((offsets) => offsets.get(topic)?.[partition] ?? 0n);
        const from = (place ?? 0n) > (begin ?? 0n) ? place : begin;
        return Math.max(0, Number((end ?? 0n) - (from ?? 0n)));
      })
      .reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    await this.#producer.close().catch(() => undefined);
  }

  #createConsumer(): Consumer {
    const { group, sessionMs } = this.#options;
    const consumer = new Consumer({
      ...this.#connection(),
      groupId: group,
      sessionTimeout: sessionMs,
      rebalanceTimeout: sessionMs,
      heartbeatInterval: Math.floor(sessionMs / HEARTBEATS_PER_SESSION),
      heartbeatStallTimeout: sessionMs,
    });
    consumer.on('error', () => undefined);
    consumer.on('consumer:group:join', ({ assignments = [] }) => {
      this.#options.onPartitions(
        assignments.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}/${String(partition)}`)),
      );
    });
    return consumer;
  }

  #openStream(consumer: Consumer): Promise<MessagesStream<Buffer, Buffer, Buffer, Buffer>> {
    return consumer.consume({
      topics: [...this.#options.topics],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
      // What a transaction has not committed was never said.
      isolationLevel: 1,
      maxBytes: MAX_FETCH_BYTES,
      maxBytesPerPartition: MAX_PARTITION_BYTES,
      maxWaitTime: FETCH_WAIT_MS,
      highWaterMark: MAX_WAITING,
    });
  }

  #connection(): BaseOptions {
    const { address, mechanism } = this.#options;
    const { brokers, isTls, user, password } = address;
    return {
      clientId: CLIENT_ID,
      bootstrapBrokers: [...brokers],
      retries: 0,
      timeout: REQUEST_TIMEOUT_MS,
      connectTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS + FETCH_WAIT_MS,
      ...(isTls ? { tls: {}, tlsServerName: true } : {}),
      ...(user === undefined ? {} : { sasl: { mechanism: MECHANISMS[mechanism], username: user, password } }),
    };
  }
}

/** As long as the stream goes on; rejects with what ended it. */
async function* pagesOf(
  stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>,
  consumer: Consumer,
): AsyncIterable<LogPage> {
  const messages = stream[Symbol.asyncIterator]() as AsyncIterator<Message, undefined>;
  for (;;) {
    const { value: first } = await call(() => messages.next());
    if (first === undefined) return;
    const records = [toRecord(first)];
    let bytes = sizeOf(first);
    // What has come already, and no more than that.
    while (records.length < MAX_PAGE && bytes < MAX_PAGE_BYTES) {
      const next = stream.read() as Message | null;
      if (next === null) break;
      records.push(toRecord(next));
      bytes += sizeOf(next);
    }
    const { memberId, generationId } = consumer;
    yield {
      records,
      settle: async (places) => {
        if (consumer.memberId !== memberId || consumer.generationId !== generationId) {
          throw new OutcryError('fenced', 'Kafka: the partitions have been divided anew');
        }
        await call(() => consumer.commit({ offsets: places.map(toCommit) }));
      },
    };
  }
}

function toRecord(message: Message): LogRecord {
  const { topic, partition, offset, leaderEpoch, timestamp, headers } = message;
  // The client's types leave out that either may be absent.
  const { key, value } = message as { readonly key?: Buffer | null; readonly value?: Buffer | null };
  return {
    topic,
    partition,
    offset,
    leaderEpoch,
    writtenAt: Number(timestamp),
    key: key ?? undefined,
    value: value ?? undefined,
    headers: new Map([...headers].map(([name, content]) => [String(name), content])),
  };
}

function toCommit({ topic, partition, next, leaderEpoch }: Place) {
  return { topic, partition, offset: next, leaderEpoch };
}

function sizeOf(message: Message): number {
  const { key, value } = message as { readonly key?: Buffer | null; readonly value?: Buffer | null };
  return (key?.length ?? 0) + (value?.length ?? 0);
}

async function close(consumer: Consumer): Promise<void> {
  try {
    await consumer.close(true);
  } catch {
    // The group notices by the end of the session.
    await consumer.connections.close().catch(() => undefined);
  }
}

async function call<T>(what: () => Promise<T>): Promise<T> {
  try {
    return await what();
  } catch (err) {
    throw toFault(err);
  }
}

/** Looked at again behind an await, where it may be another than before. */
function isAborted({ aborted }: AbortSignal): boolean {
  return aborted;
}
