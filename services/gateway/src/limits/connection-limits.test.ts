import { type Backplane, createMemoryBackplane, MemoryHub } from '@outcry/broker';
import { createLogger } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ConnectionLimits, type ConnectionMaxima, type ExceededLimit } from './connection-limits.ts';

const LEASE_MS = 60_000;
const OFF: ConnectionMaxima = { perUser: 0, perAddress: 0, perAddressPerMinute: 0 };

describe('ConnectionLimits', () => {
  let backplanes: Backplane[];
  let hub: MemoryHub;
  beforeEach(() => {
    hub = new MemoryHub();
    backplanes = [];
  });
  afterEach(async () => {
    await Promise.all(backplanes.map((backplane) => backplane.close()));
  });

  async function createNode(node: string, maxima: Partial<ConnectionMaxima>): Promise<ConnectionLimits> {
    const backplane = createMemoryBackplane(hub);
    backplanes.push(backplane);
    const nothing = (): void => undefined;
    await backplane.start({
      handleMessage: nothing,
      handleSignal: nothing,
      handleReset: nothing,
      handleStatus: nothing,
    });
    await backplane.nodes.attend({ id: node, report: '' }, LEASE_MS);
    const logger = createLogger({ level: 'silent', fields: {} });
    return new ConnectionLimits({ shared: backplane.limits, node, maxima: { ...OFF, ...maxima }, logger });
  }

  it('refuses the user that has too many on all nodes together, and takes one again when another has gone', async () => {
    const [a, b] = [await createNode('a', { perUser: 2 }), await createNode('b', { perUser: 2 })];
    const exceeded = vi.fn();
    const first = a.seatUser('ann', exceeded);
    b.seatUser('ann', exceeded);
    await settled();
    expect(exceeded).not.toHaveBeenCalled();
    const third = b.seatUser('ann', exceeded);
    await vi.waitFor(() => {
      expect(exceeded).toHaveBeenCalledExactlyOnceWith('connections');
    });
    third.leave();
    first.leave();
    await settled();
    b.seatUser('ann', exceeded);
    await settled();
    expect(exceeded).toHaveBeenCalledOnce();
  });

  it('counts the addresses of one IPv6 network together', async () => {
    const limits = await createNode('a', { perAddress: 1 });
    const exceeded = vi.fn();
    limits.seatAddress('2001:db8:0:1:0:0:0:1', exceeded);
    limits.seatAddress('2001:db8:0:2:0:0:0:1', exceeded);
    await settled();
    expect(exceeded).not.toHaveBeenCalled();
    limits.seatAddress('2001:db8:0:1:9:9:9:9', exceeded);
    await vi.waitFor(() => {
      expect(exceeded).toHaveBeenCalledExactlyOnceWith('connections');
    });
  });

  it('refuses an address that comes too often, and then before it is asked for anything', async () => {
    const limits = await createNode('a', { perAddressPerMinute: 3 });
    const exceeded: ExceededLimit[] = [];
    for (let i = 0; i < 4; i++) limits.seatAddress('192.0.2.1', (limit) => exceeded.push(limit));
    expect(limits.refuses('192.0.2.1')).toBe(false);
    await vi.waitFor(() => {
      expect(exceeded).toEqual(['rate']);
    });
    expect(limits.refuses('192.0.2.1')).toBe(true);
    expect(limits.refuses('192.0.2.2')).toBe(false);
  });

  it('refuses it for 5 s, and then asks again', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const limits = await createNode('a', { perAddressPerMinute: 1 });
      const exceeded = vi.fn();
      for (let i = 0; i < 2; i++) limits.seatAddress('192.0.2.1', exceeded);
      await settled();
      expect(exceeded).toHaveBeenCalledExactlyOnceWith('rate');
      vi.advanceTimersByTime(4999);
      expect(limits.refuses('192.0.2.1')).toBe(true);
      vi.advanceTimersByTime(1);
      expect(limits.refuses('192.0.2.1')).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('counts nobody where nothing is limited', async () => {
    const limits = await createNode('a', {});
    const set = vi.spyOn(backplanes[0]?.limits ?? expect.fail(), 'set');
    const exceeded = vi.fn();
    for (let i = 0; i < 3; i++) {
      limits.seatAddress('192.0.2.1', exceeded).leave();
      limits.seatUser('ann', exceeded).leave();
    }
    limits.restore();
    await settled();
    expect(exceeded).not.toHaveBeenCalled();
    expect(set).not.toHaveBeenCalled();
  });

  it('gives the places of a node that closes to the others, and takes none back from who leaves after it', async () => {
    const [a, b] = [await createNode('a', { perUser: 1 }), await createNode('b', { perUser: 1 })];
    const exceeded = vi.fn();
    const seat = a.seatUser('ann', exceeded);
    await settled();
    await a.close();
    b.seatUser('ann', exceeded);
    await settled();
    expect(exceeded).not.toHaveBeenCalled();
    const set = vi.spyOn(backplanes[0]?.limits ?? expect.fail(), 'set');
    seat.leave();
    expect(set).not.toHaveBeenCalled();
  });

  it('goes on counting those who stay when one leaves, in the cluster and for itself', async () => {
    const [a, b] = [await createNode('a', { perUser: 2 }), await createNode('b', { perUser: 2 })];
    const exceeded = vi.fn();
    const last = a.seatUser('ann', exceeded);
    a.seatUser('ann', exceeded).leave();
    b.seatUser('ann', exceeded);
    await settled();
    expect(exceeded).not.toHaveBeenCalled();
    b.seatUser('ann', exceeded).leave();
    await settled();
    expect(exceeded).toHaveBeenCalledOnce();
    const set = vi.spyOn(backplanes[0]?.limits ?? expect.fail(), 'set');
    a.restore();
    last.leave();
    a.restore();
    expect(set.mock.calls).toEqual([
      ['a', 'user:ann', 1],
      ['a', 'user:ann', 0],
    ]);
  });

  it('tells everything again to a cluster that has forgotten it', async () => {
    const [a, b] = [await createNode('a', { perUser: 1 }), await createNode('b', { perUser: 1 })];
    a.seatUser('ann', vi.fn());
    await settled();
    hub.clear();
    for (const [i, id] of ['a', 'b'].entries()) await backplanes[i]?.nodes.attend({ id, report: '' }, LEASE_MS);
    a.restore();
    await settled();
    const exceeded = vi.fn();
    b.seatUser('ann', exceeded);
    await vi.waitFor(() => {
      expect(exceeded).toHaveBeenCalled();
    });
  });

  it('goes by its own connections while the cluster cannot be asked', async () => {
    const limits = await createNode('a', { perUser: 1 });
    await backplanes[0]?.close();
    const exceeded = vi.fn();
    limits.seatUser('ann', exceeded);
    await settled();
    expect(exceeded).not.toHaveBeenCalled();
    limits.seatUser('ann', exceeded);
    await settled();
    expect(exceeded).toHaveBeenCalledOnce();
  });

  it('remembers each address that it refuses, and no more than 100,000 of them', async () => {
    const limits = await createNode('a', { perAddressPerMinute: 1 });
    vi.spyOn(backplanes[0]?.limits ?? expect.fail(), 'pass').mockResolvedValue(false);
    const refuse = async (address: string): Promise<void> => {
      await new Promise<void>((resolve) => {
        limits.seatAddress(address, () => {
          resolve();
        });
      });
    };
    const all = Array.from(
      { length: 100_000 },
      (_, i) => `10.${String(i >> 16)}.${String((i >> 8) & 255)}.${String(i & 255)}`,
    );
    await Promise.all(all.map(refuse));
    const refused = (): number => all.filter((address) => limits.refuses(address)).length;
    expect(refused()).toBe(100_000);
    await refuse('192.0.2.1');
    expect(limits.refuses('192.0.2.1')).toBe(true);
    expect(refused()).toBe(0);
  });

  /** Behind whatever has been asked of the hub: its answers come in the order of the questions. */
  async function settled(): Promise<void> {
    for (let i = 0; i < 4; i++) await new Promise(setImmediate);
  }
});
