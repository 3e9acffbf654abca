import { OutcryError } from '@outcry/broker';
import { createLogger } from '@outcry/service';
import { beforeEach, describe, expect, it } from 'vitest';

import { Balancer } from './balancer.ts';
import { encodeNodeReport, type NodeReport } from './node-report.ts';

const REPORT: NodeReport = { node: '', startedAt: 0, connections: 0, rooms: 0, books: 0, isReady: true };

describe('Balancer', () => {
  let reports: Partial<NodeReport>[];
  let told: unknown[];
  let isAway: boolean;

  beforeEach(() => {
    told = [];
    isAway = false;
    reports = [
      { node: 'old', startedAt: 1, connections: 1000 },
      { node: 'new', startedAt: 2, connections: 0 },
    ];
  });

  function create(node: string): Balancer {
    return new Balancer({
      node,
      nodes: {
        list: () =>
          isAway
            ? Promise.reject(new OutcryError('unavailable', 'away'))
            : Promise.resolve(
                reports.map((report, i) => ({ id: String(i), report: encodeNodeReport({ ...REPORT, ...report }) })),
              ),
      },
      control: {
        tell: (notice) => {
          told.push(JSON.parse(notice));
          return Promise.resolve(1);
        },
      },
      floor: 10,
      logger: createLogger({ level: 'silent', fields: {} }),
    });
  }

  it('asks for moves at the second look that finds a surplus', async () => {
    const balancer = create('old');
    await balancer.look();
    expect([balancer.isDecider, told]).toEqual([true, []]);
    await balancer.look();
    expect(told).toEqual([{ kind: 'move', node: 'old', count: 250 }]);
  });

  it('asks for none where the surplus has passed meanwhile, and for none after it', async () => {
    const balancer = create('old');
    await balancer.look();
    const before = reports;
    reports = [
      { node: 'old', startedAt: 1, connections: 500 },
      { node: 'new', startedAt: 2, connections: 500 },
    ];
    await balancer.look();
    reports = before;
    await balancer.look();
    expect(told).toEqual([]);
  });

  it('leaves it to the gateway that has been there the longest and is ready', async () => {
    const balancer = create('new');
    for (let i = 0; i < 3; i++) await balancer.look();
    expect([balancer.isDecider, told]).toEqual([false, []]);
    reports = [
      { node: 'old', startedAt: 1, connections: 1000, isReady: false },
      { node: 'new', startedAt: 2, connections: 1000 },
      { node: 'newer', startedAt: 3, connections: 0 },
    ];
    for (let i = 0; i < 2; i++) await balancer.look();
    expect([balancer.isDecider, told]).toMatchObject([true, [{ node: 'new' }]]);
  });

  it('decides nothing while it cannot see the others', async () => {
    const balancer = create('old');
    isAway = true;
    for (let i = 0; i < 3; i++) await balancer.look();
    expect(told).toEqual([]);
  });
});
