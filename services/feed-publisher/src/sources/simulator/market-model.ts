import { Side } from '@outcry/order-book';

import type { Random } from './random.ts';
import { type BookChanges, RestingOrders } from './resting-orders.ts';
import type { SimulatedMarket } from './simulated-market.ts';

/** The model holds about this many orders: above it, cancels outweigh new orders, below it the other way round. */
const TARGET_ORDERS = 1200;

/** A side is never thinner, so that depth 100 is always full. What would make it thinner becomes a new order instead. */
const MIN_LEVELS = 100;

/** Of a hundred events, as many are cancels (at the target number of orders) and market orders; the rest are limit orders. */
const CANCEL_PERCENT = 46;
const MARKET_PERCENT = 6;

/** The part of its distance from the start by which the fair price returns per event. */
const REVERSION = 1e-6;
/** The fair price stays within this part of the start. */
const MAX_DRIFT = 0.2;

/** Distances from the fair price fall off as a power law with this exponent (Bouchaud et al. 2002 found 1.6) … */
const DISTANCE_EXPONENT = 1.6;
/** … up to this part of the price. */
const MAX_DISTANCE = 0.02;

/** The spread of order sizes: the deviation of a size's logarithm. */
const SIZE_DEVIATION = 1.2;

/**
 * A limit order book under random order flow: limit orders arrive around a fair price that wanders, resting orders are
 * cancelled, market orders and limit orders that reach the other side eat into it, oldest first.
 *
 * It knows no time: each step is one order event. The book is never crossed, each side always has `MIN_LEVELS` levels or
 * more, and every step changes at least one of them. The same random numbers give the same market.
 */
export class MarketModel {
  readonly #market: SimulatedMarket;
  readonly #random: Random;
  readonly #orders = new RestingOrders();
  #fairTicks: number;

  constructor(market: SimulatedMarket, random: Random) {
    this.#market = market;
    this.#random = random;
    this.#fairTicks = market.midTicks;
    while (this.#orders.count < TARGET_ORDERS || this.#isThin(Side.Bids) || this.#isThin(Side.Asks)) {
      this.#placeLimitOrder();
    }
    this.#orders.takeChanges();
  }

  /** The whole book, best first. */
  levels(): BookChanges {
    return this.#orders.levels();
  }

  /** One more order event, and what it changed. */
  step(): BookChanges {
    this.#moveFairPrice();
    const cancelPercent = CANCEL_PERCENT * Math.min(2, this.#orders.count / TARGET_ORDERS);
    const draw = this.#random.uniform() * 100;
    const isDone =
      draw < MARKET_PERCENT
        ? this.#executeMarketOrder()
        : draw < MARKET_PERCENT + cancelPercent && this.#cancelSomeOrder();
    if (!isDone) this.#placeLimitOrder();
    return this.#orders.takeChanges();
  }

  #moveFairPrice(): void {
    const { midTicks, stepTicks } = this.#market;
    const pull = (midTicks - this.#fairTicks) * REVERSION;
    const moved = this.#fairTicks + pull + this.#random.normal() * stepTicks;
    this.#fairTicks = Math.min(Math.max(moved, midTicks * (1 - MAX_DRIFT)), midTicks * (1 + MAX_DRIFT));
  }

  /** Whatever reaches the other side is executed there; the rest stays in the book. */
  #placeLimitOrder(): void {
    const side = this.#someSide();
    const direction = side === Side.Bids ? -1 : 1;
    const wanted = Math.round(this.#fairTicks + direction * this.#someDistance());
    const size = this.#take(opposite(side), this.#someSize(), wanted);
    if (size === 0) return;
    const wall = this.#orders.best(opposite(side));
    // What stopped short of its price, because the other side would have become too thin, waits right before that side.
    const isBeyondWall = wall !== undefined && (wanted - wall) * direction <= 0;
    this.#orders.add({ side, price: isBeyondWall ? wall + direction : wanted, size });
  }

  #executeMarketOrder(): boolean {
    const size = this.#someSize();
    return this.#take(this.#someSide(), size) < size;
  }

  #cancelSomeOrder(): boolean {
    const order = this.#orders.pick(this.#random.below(this.#orders.count));
    if (order === undefined || (this.#isThin(order.side) && this.#orders.isAloneAtItsPrice(order))) return false;
    this.#orders.reduce(order, order.size);
    return true;
  }

  /** Takes up to `size` lots from a side, up to a limit price where one is given. Returns what it could not take. */
  #take(side: Side, size: number, limit?: number): number {
    let left = size;
    while (left > 0) {
      const price = this.#orders.best(side);
      if (price === undefined) return left;
      const isOverLimit = limit !== undefined && (side === Side.Asks ? price > limit : price < limit);
      const order = this.#orders.oldestAt(side, price);
      if (isOverLimit || order === undefined) return left;
      const isLastOfThinSide = this.#isThin(side) && this.#orders.isAloneAtItsPrice(order);
      const lots = Math.min(left, isLastOfThinSide ? order.size - 1 : order.size);
      if (lots === 0) return left;
      this.#orders.reduce(order, lots);
      left -= lots;
    }
    return left;
  }

  #isThin(side: Side): boolean {
    return this.#orders.levelCount(side) <= MIN_LEVELS;
  }

  #someSide(): Side {
    return this.#random.uniform() < 0.5 ? Side.Bids : Side.Asks;
  }

  #someDistance(): number {
    const { midTicks, spacingTicks } = this.#market;
    const maxTicks = midTicks * MAX_DISTANCE;
    const ticks = spacingTicks * ((1 - this.#random.uniform()) ** (-1 / DISTANCE_EXPONENT) - 1);
    return ticks > maxTicks ? this.#random.uniform() * maxTicks : ticks;
  }

  #someSize(): number {
    return Math.max(1, Math.round(this.#market.typicalLots * Math.exp(SIZE_DEVIATION * this.#random.normal())));
  }
}

function opposite(side: Side): Side {
  return side === Side.Bids ? Side.Asks : Side.Bids;
}
