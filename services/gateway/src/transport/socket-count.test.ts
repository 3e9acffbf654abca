import { describe, expect, it } from 'vitest';

import { type CountedSocket, SocketCount, type SocketLimit } from './socket-count.ts';

const PROXY = '10.0.0.1';

function createCount(limits: Partial<Record<'max' | 'maxHandshakes' | 'maxHandshakesPerAddress', number>>) {
  const refused: SocketLimit[] = [];
  const count = new SocketCount({
    limits: { max: 0, maxHandshakes: 0, maxHandshakesPerAddress: 0, ...limits },
    isProxy: (address) => address === PROXY,
    onRefused: (limit) => refused.push(limit),
  });
  const admit = (address: string): CountedSocket => {
    const socket = count.admit(address);
    if (socket === undefined) throw new Error(`${address} was refused`);
    return socket;
  };
  return { count, refused, admit };
}

describe('the sockets of the public port', () => {
  it('are counted from their first packet to their end, whatever becomes of them', () => {
    const { count, refused, admit } = createCount({ max: 3 });
    const [silent, open, closed] = [admit('1.1.1.1'), admit('1.1.1.1'), admit('1.1.1.1')];
    open.opened();
    closed.opened();
    closed.closing();
    expect([count.handshakes, count.open, count.closing]).toEqual([1, 1, 1]);
    expect(count.admit('2.2.2.2')).toBeUndefined();
    for (const socket of [silent, open, closed]) {
      socket.ended();
      // A second end is none.
      socket.ended();
    }
    expect([count.handshakes, count.open, count.closing]).toEqual([0, 0, 0]);
    expect(count.admit('2.2.2.2')).toBeDefined();
    expect(refused).toEqual(['sockets']);
  });

  it('may be so many before they are WebSockets, and open ones make room', () => {
    const { count, refused, admit } = createCount({ maxHandshakes: 2 });
    const first = admit('1.1.1.1');
    admit('2.2.2.2');
    expect(count.admit('3.3.3.3')).toBeUndefined();
    first.opened();
    admit('3.3.3.3');
    expect(refused).toEqual(['handshakes']);
  });

  it('may be so many of one address that are no WebSocket yet; an office may leave at once, and come back', () => {
    const { count, refused, admit } = createCount({ maxHandshakesPerAddress: 2 });
    const [one, other] = [admit('1.1.1.1'), admit('1.1.1.1')];
    expect(count.admit('1.1.1.1')).toBeUndefined();
    admit('2.2.2.2');
    one.opened();
    other.opened();
    const third = admit('1.1.1.1');
    one.closing();
    other.closing();
    const fourth = admit('1.1.1.1');
    expect(count.admit('1.1.1.1')).toBeUndefined();
    third.ended();
    one.ended();
    admit('1.1.1.1');
    fourth.ended();
    expect(refused).toEqual(['address', 'address']);
  });

  it('count for their /64 network, and a proxy’s for nobody', () => {
    const { count, admit } = createCount({ maxHandshakesPerAddress: 1 });
    admit('2001:db8:0:0:1:2:3:4');
    expect(count.admit('2001:db8:0:0:5:6:7:8')).toBeUndefined();
    admit('2001:db8:0:1:5:6:7:8');
    admit(PROXY);
    admit(PROXY);
  });

  it('are one like another while they are WebSockets, and need not be remembered', () => {
    const { count, admit } = createCount({ max: 3 });
    const counts = (): readonly number[] => [count.handshakes, count.open, count.closing];
    for (const address of ['1.1.1.1', '2.2.2.2', '3.3.3.3']) admit(address).opened();
    const [cut, left] = [count.findOpen(), count.findOpen()];
    expect(counts()).toEqual([0, 3, 0]);
    cut.ended();
    left.closing();
    expect(counts()).toEqual([0, 1, 1]);
    left.ended();
    left.ended();
    expect(counts()).toEqual([0, 1, 0]);
    admit('1.1.1.1');
    admit('1.1.1.1');
    expect(count.admit('1.1.1.1')).toBeUndefined();
  });
});
