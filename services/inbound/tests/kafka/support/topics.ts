import { randomBytes } from 'node:crypto';

import { Admin, Consumer, Producer } from '@platformatic/kafka';

import type { KafkaBroker } from './kafka-broker.ts';

export const PARTITIONS = 4;

export interface Record {
  /** Where it goes; the key of a record says that where this is absent. */
  readonly partition?: number;
  readonly key?: string;
  readonly value?: string | Buffer;
  readonly headers?: Readonly<globalThis.Record<string, string>>;
}

/** A topic of the test's own, another for what is refused, and a group that reads it. */
export class Topics implements AsyncDisposable {
  readonly name = `orders.${randomBytes(4).toString('hex')}`;
  readonly refused = `${this.name}.refused`;
  readonly group = `${this.name}.group`;
  readonly #admin: Admin;
  readonly #producer: Producer;
  readonly #base: { readonly clientId: string; readonly bootstrapBrokers: string[] };

  private constructor(broker: KafkaBroker) {
    this.#base = { clientId: 'tests', bootstrapBrokers: [broker.address] };
    this.#admin = new Admin(this.#base);
    this.#producer = new Producer({ ...this.#base, acks: -1 });
  }

  static async create(broker: KafkaBroker): Promise<Topics> {
    const topics = new Topics(broker);
    await topics.#admin.createTopics({ topics: [topics.name], partitions: PARTITIONS, replicas: 1 });
    await topics.#admin.createTopics({ topics: [topics.refused], partitions: 1, replicas: 1 });
    return topics;
  }

  /** In one piece. */
  async write(...records: readonly Record[]): Promise<void> {
    const messages = records.map(({ partition, key, value, headers = {} }) => ({
      topic: this.name,
      ...(partition === undefined ? {} : { partition }),
      ...(key === undefined ? {} : { key: Buffer.from(key) }),
      // The client's types do not know tombstones, which it writes all the same.
      value: (value === undefined ? null : Buffer.from(value)) as Buffer,
      headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
    }));
    await this.#producer.send({ messages });
  }

  /** How far the group is in each partition; -1 where it has settled nothing. */
  places(): Promise<readonly number[]> {
    return this.#ask(async (consumer) => {
      const partitions = Array.from({ length: PARTITIONS }, (_, i) => i);
      const places = await consumer.listCommittedOffsets({ topics: [{ topic: this.name, partitions }] });
      return (places.get(this.name) ?? []).map(Number);
    });
  }

  /** How long each partition is. */
  ends(): Promise<readonly number[]> {
    return this.#ask(async (consumer) =>
      ((await consumer.listOffsets({ topics: [this.name] })).get(this.name) ?? []).map(Number),
    );
  }

  /** Everything is to be read again. The group must have nobody. */
  async rewind(): Promise<void> {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, offset: 0n }));
    await this.#admin.alterConsumerGroupOffsets({
      groupId: this.group,
      topics: [{ name: this.name, partitionOffsets: partitions }],
    });
  }

  /** So many of what was put aside, oldest first: key, value and headers. */
  async readRefused(count: number) {
    const consumer = new Consumer({ ...this.#base, groupId: `${this.name}.refused.${randomBytes(4).toString('hex')}` });
    const stream = await consumer.consume({ topics: [this.refused], mode: 'earliest', autocommit: false });
    const found = [];
    for await (const { key, value, headers } of stream) {
      const texts = Object.fromEntries([...headers].map(([name, text]) => [String(name), String(text)]));
      found.push({ key: (key as Buffer | undefined)?.toString(), value: String(value), headers: texts });
      if (found.length === count) break;
    }
    await consumer.close(true);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#admin.close(), this.#producer.close()]);
  }

  async #ask<T>(what: (consumer: Consumer) => Promise<T>): Promise<T> {
    const consumer = new Consumer({ ...this.#base, groupId: this.group });
    try {
      return await what(consumer);
    } finally {
      await consumer.close();
    }
  }
}
