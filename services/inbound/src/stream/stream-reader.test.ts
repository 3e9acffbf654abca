import { OutcryError } from '@outcry/broker';
import { describe, expect, it, vi } from 'vitest';

import type { Delivered } from '../delivery/delivery.ts';
import type { InboundMessage } from '../delivery/inbound-message.ts';
import { StreamReader, type StreamReaderOptions } from './stream-reader.ts';
import type { Settlement, StreamPage } from './stream-store.ts';

const AWAY = new OutcryError('unavailable', 'Redis is away');

function message(id: string): InboundMessage {
  return { id, room: 'pit', data: id };
}

/** A reader of these pages, whose term is over once all has been settled; `deliver` says what becomes of what is brought. */
async function read(pages: StreamPage[], deliver: (ids: readonly string[], attempt: number) => Partial<Delivered>) {
  const ending = new AbortController();
  const settlements: Settlement[] = [];
  const brought: (readonly string[])[] = [];
  const metrics = { countSourceFault: vi.fn(), countRefused: vi.fn() };
  const onFault = vi.fn();
  const store: StreamReaderOptions['store'] = {
    claim: () => Promise.resolve(),
    read: () => Promise.resolve(pages.shift() ?? { messages: [], tooLong: new Set() }),
    settle: (_, settlement) => {
      settlements.push(settlement);
      return Promise.resolve();
    },
    wait: () => {
      ending.abort();
      return Promise.resolve();
    },
  };
  const delivery: StreamReaderOptions['delivery'] = {
    deliver: (messages) => {
      const ids = messages.map(({ id }) => id);
      brought.push(ids);
      return Promise.resolve({ published: [], refused: [], fault: undefined, ...deliver(ids, brought.length) });
    },
  };
  const reader = new StreamReader({ store, delivery, pollMs: 1000, metrics, onFault });
  await reader.read({ partition: 's', fence: 7, signal: ending.signal });
  return { settlements, brought, metrics, onFault };
}

describe('StreamReader', () => {
  it('moves over what is published, and puts aside what is refused, with the entries before it', async () => {
    const refusal = { id: '2-0', reason: 'badRoom', detail: 'expected a room' } as const;
    const page = { messages: ['1-0', '2-0', '3-0'].map(message), tooLong: new Set<string>() };
    const { settlements } = await read([page], () => ({ published: ['3-0', '1-0'], refused: [refusal] }));
    expect(settlements).toEqual([{ upTo: '3-0', refused: [refusal] }]);
  });

  it('moves no further than to what could not be published, and brings that and nothing else again', async () => {
    const refusal = { id: '3-0', reason: 'malformed', detail: 'data: expected JSON' } as const;
    const page = { messages: ['1-0', '2-0', '3-0', '4-0'].map(message), tooLong: new Set<string>() };
    const { settlements, brought } = await read([page], (_, attempt) =>
      attempt === 1
        ? { published: ['1-0', '4-0'], refused: [refusal], fault: AWAY }
        : attempt === 2
          ? { fault: AWAY }
          : { published: ['2-0'] },
    );
    expect(brought).toEqual([['1-0', '2-0', '3-0', '4-0'], ['2-0'], ['2-0']]);
    expect(settlements).toEqual([
      { upTo: '1-0', refused: [] },
      { upTo: '4-0', refused: [refusal] },
    ]);
  });

  it('puts aside what is too long to be looked at, without bringing it', async () => {
    const page = { messages: ['1-0', '2-0'].map(message), tooLong: new Set(['1-0']) };
    const { settlements, brought, metrics } = await read([page], (ids) => ({ published: ids }));
    expect(brought).toEqual([['2-0']]);
    expect(settlements[0]).toMatchObject({ upTo: '2-0', refused: [{ id: '1-0', reason: 'dataTooLarge' }] });
    expect(metrics.countRefused).toHaveBeenCalledExactlyOnceWith('dataTooLarge');
  });

  it('tries again where the stream cannot be read, and says so', async () => {
    const ending = new AbortController();
    const claim = vi.fn().mockRejectedValueOnce(AWAY).mockResolvedValue(undefined);
    const metrics = { countSourceFault: vi.fn(), countRefused: vi.fn() };
    const onFault = vi.fn();
    const store = {
      claim,
      read: () => Promise.resolve({ messages: [], tooLong: new Set<string>() }),
      settle: () => Promise.resolve(),
      wait: () => {
        ending.abort();
        return Promise.resolve();
      },
    };
    const delivery = { deliver: () => Promise.reject(new Error('nothing to deliver')) };
    await new StreamReader({ store, delivery, pollMs: 1000, metrics, onFault }).read({
      partition: 's',
      fence: 7,
      signal: ending.signal,
    });
    expect(claim).toHaveBeenCalledTimes(2);
    expect(metrics.countSourceFault).toHaveBeenCalledOnce();
    expect(onFault).toHaveBeenCalledExactlyOnceWith(AWAY);
  });
});
