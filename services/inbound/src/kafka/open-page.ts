import { type InboundMessage, type Refusal, RefusalReason } from '../delivery/inbound-message.ts';
import type { LogRecord, Place, RefusedRecord } from './record-log.ts';
import { toMessage } from './to-message.ts';

/** Of a value that is looked at. */
const MAX_VALUE_BYTES = 4 * 1024 * 1024;

interface Item {
  readonly record: LogRecord;
  readonly message: InboundMessage;
  isDone: boolean;
}

/** A page of records on its way: which of them are done with, and how far each partition is by that. */
export class OpenPage {
  readonly #items: readonly Item[];
  /** Since they were last taken. */
  #refused: RefusedRecord[] = [];
  /** By topic and partition; how far each was when it was last told. */
  readonly #told = new Map<string, bigint>();

  constructor(records: readonly LogRecord[]) {
    this.#items = records.map((record) => ({ record, message: toMessage(record), isDone: false }));
    for (const item of this.#items) {
      if ((item.record.value?.length ?? 0) <= MAX_VALUE_BYTES) continue;
      const { id } = item.message;
      this.#refuse(item, { id, reason: RefusalReason.DataTooLarge, detail: 'the record is too long to be looked at' });
    }
  }

  /** When the oldest record was written that is not done with; undefined where all are. */
  get oldest(): number | undefined {
    const open = this.#items.filter(({ isDone }) => !isDone);
    return open.length === 0 ? undefined : Math.min(...open.map(({ record }) => record.writtenAt));
  }

  /** What is not done with, by topic. */
  get open(): ReadonlyMap<string, readonly InboundMessage[]> {
    const open = this.#items.filter(({ isDone }) => !isDone);
    const topics = new Set(open.map(({ record }) => record.topic));
    return new Map(
      [...topics].map((topic) => [
        topic,
        open.filter(({ record }) => record.topic === topic).map(({ message }) => message),
      ]),
    );
  }

  /** These of a topic are done with. */
  finish(topic: string, { published, refused }: { published: readonly string[]; refused: readonly Refusal[] }): void {
    const gone = new Set(published);
    const refusals = new Map(refused.map((refusal) => [refusal.id, refusal]));
    for (const item of this.#items) {
      if (item.isDone || item.record.topic !== topic) continue;
      const refusal = refusals.get(item.message.id);
      if (refusal !== undefined) this.#refuse(item, refusal);
      else if (gone.has(item.message.id)) item.isDone = true;
    }
  }

  /** Those that were refused since this was last asked. */
  takeRefused(): readonly RefusedRecord[] {
    const refused = this.#refused;
    this.#refused = [];
    return refused;
  }

  /** How far the partitions are that have come on since this was last asked. */
  takePlaces(): readonly Place[] {
    const places = new Map<string, Place>();
    const stopped = new Set<string>();
    for (const { record, isDone } of this.#items) {
      const { topic, partition, offset, leaderEpoch } = record;
      const name = `${topic}/${String(partition)}`;
      if (!isDone) stopped.add(name);
      if (!stopped.has(name)) places.set(name, { topic, partition, next: offset + 1n, leaderEpoch });
    }
    const moved = [...places].filter(([name, { next }]) => this.#told.get(name) !== next);
    for (const [name, { next }] of moved) this.#told.set(name, next);
    return moved.map(([, place]) => place);
  }

  #refuse(item: Item, refusal: Refusal): void {
    item.isDone = true;
    this.#refused.push({ record: item.record, refusal });
  }
}
