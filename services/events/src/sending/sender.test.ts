import { type Backplane, createMemoryBackplane, MemoryHub, Telling } from '@outcry/broker';
import { FailureKind, HookFailure } from '@outcry/webhook';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { EventsMetrics } from '../observability/events-metrics.ts';
import { Sender } from './sender.ts';

const IGNORE = (): void => undefined;
const HANDLER = { handleMessage: IGNORE, handleSignal: IGNORE, handleReset: IGNORE, handleStatus: IGNORE };
const PRESENCE = { handleMember: IGNORE, handleReaped: IGNORE, handleRestored: IGNORE, handleFault: IGNORE };
const AWAY = {
  tell: () => Promise.reject(new HookFailure(FailureKind.Unreachable, 'away')),
  close: () => Promise.resolve(),
};

describe('Sender', () => {
  let backplane: Backplane;
  beforeEach(async () => {
    backplane = createMemoryBackplane(new MemoryHub(), { told: { of: () => Telling.Members, maxEntries: 10 } });
    await backplane.start(HANDLER);
    await backplane.presence.start(PRESENCE);
  });
  afterEach(() => backplane.close());

  it('says that the server takes nothing for as long as it is the one that tells it', async () => {
    const sender = new Sender({
      journal: backplane.events,
      lease: backplane.lease,
      leases: { leaseMs: 60_000, renewMs: 20_000 },
      sending: { gatherMs: 0, pollMs: 20, maxBatch: 3, retryMs: 60_000 },
      delivery: AWAY,
      metrics: new EventsMetrics({ isBrokerUp: () => true, isServerUp: () => true }),
      logger: { info: IGNORE, warn: IGNORE } as never,
    });
    backplane.presence.add('pit', 'ann');
    await backplane.presence.count('pit');
    await sender.start();
    await expect.poll(() => sender.isServerUp).toBe(false);
    expect(sender.check.reason).toBe('the server of events takes nothing');
    await sender.stop();
    expect(sender.isServerUp).toBe(true);
    expect(sender.check.reason).toBeUndefined();
  });
});
