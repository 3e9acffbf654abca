import { describe, expect, it, onTestFinished } from 'vitest';

import { createTestGateway } from '../testing/create-services.ts';
import { Doorkeeper } from './doorkeeper.ts';

const VISITOR = { origins: [], hasCookies: false, address: '192.0.2.1' };

describe('Doorkeeper', () => {
  async function createDoorkeeper(turnMs: number, maxLoopLagMs = 500): Promise<Doorkeeper> {
    const gateway = await createTestGateway({ limits: { maxLoopLagMs } });
    onTestFinished(() => gateway.stop());
    return new Doorkeeper({ ...gateway.services, loopLag: { meanMs: 0 }, pace: { arrive: () => turnMs } });
  }

  it('tells who comes beyond what the gateway can take when it is its turn, in whole seconds', async () => {
    const refusal = (await createDoorkeeper(4200)).refusal(VISITOR, undefined);
    expect(refusal).toMatchObject({ status: 503, message: 'overloaded', retryAfterSeconds: 5 });
  });

  it('lets in whose turn it is, and everybody where overload is no matter', async () => {
    expect((await createDoorkeeper(0)).refusal(VISITOR, undefined)).toBeUndefined();
    expect((await createDoorkeeper(4200, 0)).refusal(VISITOR, undefined)).toBeUndefined();
  });

  it('gives turns only to those who would be let in', async () => {
    const doorkeeper = await createDoorkeeper(29_500);
    const message = doorkeeper.refusal(VISITOR, 'draining')?.message;
    expect(message).toBe('draining');
  });

  it('spreads those whom it sends away together over some seconds', async () => {
    const doorkeeper = await createDoorkeeper(0);
    const seconds = Array.from({ length: 400 }, () => doorkeeper.refusal(VISITOR, 'draining')?.retryAfterSeconds);
    expect([...new Set(seconds)].sort()).toEqual([1, 2, 3, 4]);
  });
});
