import { describe, expect, it } from 'vitest';
import { PARTITION_COUNT } from '../../partition.ts';
import { addressesIn, findAddress, ownersIn, primariesIn, readClusterNodes } from './cluster-view.ts';

const ASKED = { asked: { host: 'asked', port: 7000 }, isTls: false };

/** One line of `CLUSTER NODES` (Redis 7.0.15), by what matters of it. */
function line(where: string, options: { flags?: string; epoch?: number; slots?: string } = {}): string {
  const { flags = 'master', epoch = 1, slots = '' } = options;
  return `28005cdc4683cb591120c64e59be18853ef720f3 ${where} ${flags} - 0 1795700177221 ${String(epoch)} connected ${slots}`.trim();
}

const view = (...lines: readonly string[]): ReturnType<typeof readClusterNodes> =>
  readClusterNodes(`${lines.join('\n')}\n`, ASKED);

describe('what a server of a cluster says of all', () => {
  it('is where they are, and who has which partitions', () => {
    const nodes = view(
      line('10.0.0.1:7000@17000', { flags: 'myself,master', epoch: 3, slots: '0-8191' }),
      line('10.0.0.2:7001@17001,name.example,shard-id=69bc', { epoch: 4, slots: '8192-16383' }),
      line('10.0.0.3:7002@17002', { flags: 'slave' }),
      line('::1:7003@17003', { flags: 'master,fail?' }),
    );
    expect(nodes.map(({ address }) => address)).toEqual([
      { host: '10.0.0.1', port: 7000 },
      { host: '10.0.0.2', port: 7001 },
      { host: '10.0.0.3', port: 7002 },
      { host: '::1', port: 7003 },
    ]);
    expect(nodes.map(({ partitions }) => partitions.length)).toEqual([32, 32, 0, 0]);
    expect(nodes[0]?.partitions).toEqual(Array.from({ length: 32 }, (_, i) => i));
    expect(primariesIn([nodes])).toHaveLength(2);
    expect(addressesIn([nodes, nodes])).toHaveLength(4);
  });

  it('leaves a slot that is on its way where it is', () => {
    const [node] = view(line('a:1@2', { slots: '100-200 [150->-28005cdc4683cb591120c64e59be18853ef720f3]' }));
    expect(node?.partitions).toEqual([0]);
    const [other] = view(line('a:1@2', { slots: '7 [150-<-28005cdc4683cb591120c64e59be18853ef720f3]' }));
    expect(other?.partitions).toEqual([]);
  });

  it('takes the address by which it was asked where a server does not know its own, and no server that has none', () => {
    expect(view(line(':7000@17000', { flags: 'myself,master' }))[0]?.address).toEqual({ host: 'asked', port: 7000 });
    expect(
      view(line(':0@0', { flags: 'noaddr,master' }), line('a:1@2', { flags: 'handshake' }), 'no line at all'),
    ).toEqual([]);
  });

  it('goes by names where certificates do', () => {
    const text = line('10.0.0.1:7000@17000,a.example', { slots: '0-16383' });
    const nodes = readClusterNodes(text, { ...ASKED, isTls: true });
    expect(nodes[0]?.address).toEqual({ host: 'a.example', port: 7000 });
    // `ASK` calls it by either (`cluster-preferred-endpoint-type`).
    for (const host of ['a.example', '10.0.0.1']) {
      expect(findAddress([nodes], { host, port: 7000 })).toEqual({ host: 'a.example', port: 7000 });
    }
    expect(findAddress([view(text)], { host: 'a.example', port: 7000 })).toEqual({ host: '10.0.0.1', port: 7000 });
    expect(findAddress([view(text)], { host: 'b', port: 7000 })).toEqual({ host: 'b', port: 7000 });
  });
});

describe('the owner of a partition', () => {
  const stale = view(line('old:1@2', { epoch: 5, slots: '0-16383' }), line('new:1@2', { flags: 'slave' }));
  const newer = view(
    line('new:1@2', { epoch: 6, slots: '0-16383' }),
    line('old:1@2', { flags: 'master,fail', epoch: 5 }),
  );

  it('is who was given it last, whoever has not heard of that', () => {
    for (const views of [
      [stale, newer],
      [newer, stale, stale],
    ]) {
      expect(new Set(ownersIn(views).map((owner) => owner?.host))).toEqual(new Set(['new']));
    }
    expect(ownersIn([stale]).map((owner) => owner?.host)).toEqual(Array(PARTITION_COUNT).fill('old'));
  });

  it('is told slot by slot', () => {
    const one = view(line('a:1@2', { epoch: 1, slots: '0-16383' }), line('b:1@2', { epoch: 9 }));
    const other = view(line('a:1@2', { epoch: 1, slots: '256-16383' }), line('b:1@2', { epoch: 9, slots: '0-255' }));
    expect(ownersIn([one, other]).map((owner) => owner?.host)).toEqual(['b', ...Array<string>(63).fill('a')]);
  });

  it('is nobody where nobody has its slot', () => {
    const owners = ownersIn([view(line('a:1@2', { slots: '256-16383' }))]);
    expect(owners[0]).toBeUndefined();
    expect(owners[1]).toEqual({ host: 'a', port: 1 });
  });
});
