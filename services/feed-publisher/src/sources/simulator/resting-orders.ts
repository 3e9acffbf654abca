import { type Level, OrderBook, Side } from '@outcry/order-book';

export interface RestingOrder {
  readonly side: Side;
  readonly price: number;
  size: number;
}

/** What changed on both sides since the last time it was asked for: absolute sizes, 0 removes. */
export interface BookChanges {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** The orders in a simulated book: oldest first at each price, and each one as likely as any other to be picked. */
export class RestingOrders {
  readonly #book = new OrderBook();
  readonly #queues = { bids: new Map<number, RestingOrder[]>(), asks: new Map<number, RestingOrder[]>() };
  readonly #changed = { bids: new Set<number>(), asks: new Set<number>() };
  /** All orders in no order: the last one takes the place of one that goes. */
  readonly #pool: RestingOrder[] = [];
  readonly #poolIndexes = new Map<RestingOrder, number>();

  get count(): number {
    return this.#pool.length;
  }

  best(side: Side): number | undefined {
    return (side === Side.Bids ? this.#book.bestBid : this.#book.bestAsk)?.[0];
  }

  levelCount(side: Side): number {
    return side === Side.Bids ? this.#book.bidCount : this.#book.askCount;
  }

  levels(): BookChanges {
    return { bids: this.#book.bids(), asks: this.#book.asks() };
  }

  /** Some order, chosen by a whole number below `count`. */
  pick(index: number): RestingOrder | undefined {
    return this.#pool[index];
  }

  /** The order that a taker of this price meets first. */
  oldestAt(side: Side, price: number): RestingOrder | undefined {
    return this.#queues[side].get(price)?.[0];
  }

  /** Whether taking this order away takes a level away. */
  isAloneAtItsPrice(order: RestingOrder): boolean {
    return this.#queues[order.side].get(order.price)?.length === 1;
  }

  add(order: RestingOrder): void {
    const queue = this.#queues[order.side].get(order.price);
    if (queue === undefined) this.#queues[order.side].set(order.price, [order]);
    else queue.push(order);
    this.#poolIndexes.set(order, this.#pool.length);
    this.#pool.push(order);
    this.#updateLevel(order);
  }

  /** Takes `lots` off an order, and the order away when nothing is left of it. */
  reduce(order: RestingOrder, lots: number): void {
    order.size -= lots;
    if (order.size <= 0) this.#remove(order);
    this.#updateLevel(order);
  }

  takeChanges(): BookChanges {
    const changes = { bids: this.#changedLevels(Side.Bids), asks: this.#changedLevels(Side.Asks) };
    this.#changed.bids.clear();
    this.#changed.asks.clear();
    return changes;
  }

  #changedLevels(side: Side): Level[] {
    return Array.from(this.#changed[side], (price): Level => [price, this.#book.sizeAt(side, price)]);
  }

  #remove(order: RestingOrder): void {
    const queue = this.#queues[order.side].get(order.price) ?? [];
    queue.splice(queue.indexOf(order), 1);
    if (queue.length === 0) this.#queues[order.side].delete(order.price);

    const index = this.#poolIndexes.get(order);
    const last = this.#pool.pop();
    this.#poolIndexes.delete(order);
    if (index === undefined || last === undefined || last === order) return;
    this.#pool[index] = last;
    this.#poolIndexes.set(last, index);
  }

  #updateLevel({ side, price }: RestingOrder): void {
    const size = (this.#queues[side].get(price) ?? []).reduce((sum, order) => sum + order.size, 0);
    const level: Level[] = [[price, size]];
    this.#book.applyDelta(side === Side.Bids ? level : [], side === Side.Asks ? level : []);
    this.#changed[side].add(price);
  }
}
