import { OutcryError } from '@outcry/broker';
import { describe, expect, it } from 'vitest';

import type { Delivered } from '../delivery/delivery.ts';
import { type InboundMessage, RefusalReason } from '../delivery/inbound-message.ts';
import type { LogPage, LogRecord, Place, RefusedRecord } from './record-log.ts';
import { TopicReader } from './topic-reader.ts';

const AWAY = new OutcryError('unavailable', 'away');
const FENCED = new OutcryError('fenced', 'divided anew');

/** At `topic/partition@offset`. */
function record(place: string, value: Buffer = Buffer.from('1')): LogRecord {
  const [topic = '', partition, offset = ''] = place.split(/[/@]/);
  const fields = { leaderEpoch: 7, writtenAt: Number(offset), key: Buffer.from('lobby'), headers: new Map() };
  return { topic, partition: Number(partition), offset: BigInt(offset), value, ...fields };
}

type Answer = (topic: string, messages: readonly InboundMessage[]) => Partial<Delivered>;

/** A reader of these pages, which ends with the last one, and what it did, in the order in which it did it. */
async function readAll(
  pages: readonly (readonly LogRecord[])[],
  answer: Answer,
  { onSettle = () => undefined as OutcryError | undefined } = {},
) {
  const did: string[] = [];
  const faults: string[] = [];
  const counted: string[] = [];
  const ending = new AbortController();
  const pageOf = (records: readonly LogRecord[]): LogPage => ({
    records,
    settle: (places: readonly Place[]) => {
      const err = onSettle();
      if (err !== undefined) return Promise.reject(err);
      did.push(`settle ${places.map((p) => `${p.topic}/${String(p.partition)}@${String(p.next)}`).join(' ')}`);
      expect(places.every(({ leaderEpoch }) => leaderEpoch === 7)).toBe(true);
      return Promise.resolve();
    },
  });
  let begun = 0;
  const reader = new TopicReader({
    log: {
      // eslint-disable-next-line @typescript-eslint/require-await -- what is given is there already
      async *read() {
        did.push('begin');
        begun += 1;
        for (const page of begun > 1 ? pages.slice(-1) : pages) yield pageOf(page);
        ending.abort();
      },
      putAside: (refused: readonly RefusedRecord[]) => {
        did.push(`aside ${refused.map(({ refusal }) => `${refusal.id} ${refusal.reason}`).join(' ')}`);
        return Promise.resolve();
      },
    },
    deliveryOf: (topic) => ({
      deliver: (messages) => {
        did.push(`deliver ${topic} ${messages.map(({ id }) => id).join(' ')}`);
        return Promise.resolve({ published: [], refused: [], fault: undefined, ...answer(topic, messages) });
      },
    }),
    metrics: { countSourceFault: () => counted.push('fault'), countRefused: (reason) => counted.push(reason) },
    onFound: () => undefined,
    onFault: ({ message }) => faults.push(message),
  });
  await reader.read(ending.signal);
  expect(reader.oldest).toBeUndefined();
  return { did, faults, counted };
}

const all: Answer = (_, messages) => ({ published: messages.map(({ id }) => id) });

describe('TopicReader', () => {
  it('settles for each partition what stands behind its last record, once all of it is published', async () => {
    const page = [record('a/0@5'), record('a/1@9'), record('b/0@5'), record('a/0@8')];
    expect((await readAll([page, [record('a/1@12')]], all)).did).toEqual([
      'begin',
      'deliver a 0:5 1:9 0:8',
      'deliver b 0:5',
      'settle a/0@9 a/1@10 b/0@6',
      'deliver a 1:12',
      'settle a/1@13',
    ]);
  });

  it('settles no further than the first that could not be published, and brings that and what is behind it again', async () => {
    let tries = 0;
    const page = [record('a/0@1'), record('a/1@1'), record('a/0@2'), record('a/0@3'), record('a/1@2')];
    const answer: Answer = (_, messages) => {
      tries += 1;
      return tries > 1 ? all('a', messages) : { published: ['0:1', '1:1', '0:3', '1:2'], fault: AWAY };
    };
    const { did, faults } = await readAll([page], answer);
    expect(did).toEqual([
      'begin',
      'deliver a 0:1 1:1 0:2 0:3 1:2',
      'settle a/0@2 a/1@3',
      'deliver a 0:2',
      'settle a/0@4',
    ]);
    // Redis is away, and not Kafka.
    expect(faults).toEqual([]);
  });

  it('puts aside what is refused before its place is settled, and what is too long without a look', async () => {
    const long = record('a/0@1', Buffer.alloc(4 * 1024 * 1024 + 1, '1'));
    const page = [long, record('a/0@2'), record('a/0@3')];
    const answer: Answer = () => ({
      published: ['0:3'],
      refused: [{ id: '0:2', reason: RefusalReason.BadRoom, detail: 'no room' }],
    });
    const { did, counted } = await readAll([page], answer);
    expect(did).toEqual([
      'begin',
      'aside 0:1 dataTooLarge',
      'settle a/0@2',
      'deliver a 0:2 0:3',
      'aside 0:2 badRoom',
      'settle a/0@4',
    ]);
    // The delivery counts its own.
    expect(counted).toEqual(['dataTooLarge']);
  });

  it('publishes the rest of a page whose partitions have been divided anew, and settles nothing of it', async () => {
    let tries = 0;
    const answer: Answer = (_, messages) =>
      (tries += 1) > 1 ? all('a', messages) : { published: ['0:1'], fault: AWAY };
    const page = [record('a/0@1'), record('a/0@2')];
    const { did, faults, counted } = await readAll([page], answer, { onSettle: () => FENCED });
    expect(did).toEqual(['begin', 'deliver a 0:1 0:2', 'deliver a 0:2']);
    expect([faults, counted]).toEqual([[], []]);
  });

  it('begins anew where Kafka fails, and says so', async () => {
    const errors = [AWAY];
    const { did, faults, counted } = await readAll([[record('a/0@1')]], all, { onSettle: () => errors.pop() });
    expect(did).toEqual(['begin', 'deliver a 0:1', 'begin', 'deliver a 0:1', 'settle a/0@2']);
    expect([faults, counted]).toEqual([['away'], ['fault']]);
  });

  it('takes a fault of its own for no fault of Kafka', async () => {
    const answer: Answer = () => {
      throw new TypeError('our own');
    };
    await expect(readAll([[record('a/0@1')]], answer)).rejects.toThrow('our own');
  });
});
