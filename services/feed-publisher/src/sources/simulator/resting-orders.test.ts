import { type Level, Side } from '@outcry/order-book';
import { describe, expect, it } from 'vitest';

import { Random } from './random.ts';
import { type RestingOrder, RestingOrders } from './resting-orders.ts';

/** The levels of one side, worked out from nothing but the list of its orders. */
function levelsOf(orders: readonly RestingOrder[], side: Side): Level[] {
  const sizes = new Map<number, number>();
  for (const order of orders) {
    if (order.side === side) sizes.set(order.price, (sizes.get(order.price) ?? 0) + order.size);
  }
  return [...sizes].sort((a, b) => (side === Side.Bids ? b[0] - a[0] : a[0] - b[0]));
}

describe('RestingOrders', () => {
  it('fills the oldest order of a price first', () => {
    const orders = new RestingOrders();
    const [first, second] = [0, 1].map((size): RestingOrder => ({ side: Side.Bids, price: 100, size: 5 + size }));
    if (first === undefined || second === undefined) throw new Error('unreachable');
    orders.add(first);
    orders.add(second);
    expect(orders.oldestAt(Side.Bids, 100)).toBe(first);
    orders.reduce(first, 5);
    expect(orders.oldestAt(Side.Bids, 100)).toBe(second);
    expect(orders.isAloneAtItsPrice(second)).toBe(true);
  });

  it('tells each change once, as an absolute size', () => {
    const orders = new RestingOrders();
    const order: RestingOrder = { side: Side.Asks, price: 101, size: 5 };
    orders.add(order);
    orders.add({ side: Side.Asks, price: 101, size: 2 });
    expect(orders.takeChanges()).toEqual({ bids: [], asks: [[101, 7]] });
    expect(orders.takeChanges()).toEqual({ bids: [], asks: [] });
    orders.reduce(order, 5);
    expect(orders.takeChanges()).toEqual({ bids: [], asks: [[101, 2]] });
  });

  it('holds exactly the orders that were added and not used up, whatever happens to them', () => {
    const random = Random.fromText('resting orders');
    const orders = new RestingOrders();
    let live: RestingOrder[] = [];
    for (let step = 0; step < 3000; step++) {
      const victim = live[random.below(live.length)];
      if (victim === undefined || random.uniform() < 0.52) {
        const [side, base] = random.uniform() < 0.5 ? [Side.Bids, 100] : [Side.Asks, 200];
        const order = { side, price: base + random.below(20), size: 1 + random.below(9) };
        orders.add(order);
        live.push(order);
      } else {
        orders.reduce(victim, 1 + random.below(victim.size));
        live = live.filter(({ size }) => size > 0);
      }
      expect(new Set(Array.from({ length: orders.count }, (_, i) => orders.pick(i)))).toEqual(new Set(live));
      expect(orders.count).toBe(live.length);
      expect(orders.levels()).toEqual({ bids: levelsOf(live, Side.Bids), asks: levelsOf(live, Side.Asks) });
    }
  });
});
