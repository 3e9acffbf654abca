import type { GatewayProcess, GatewaySettings, TestRedis } from '@outcry/testkit';

/** Where a row is measured: two gateways on one Redis, all of its own. */
export interface CostSite {
  readonly redis: TestRedis;
  /** The gateway that everything is done to. */
  readonly gateway: GatewayProcess;
}

/** What it took to do it, as the one who did it knows. */
export interface Deed {
  /** What was asked for; each may cost Redis so much. */
  readonly requests: number;
  /** Connections that meant harm; each may cost the gateway so much memory. */
  readonly connections: number;
  /** Bytes that left the client, and that came back to it. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** What Redis sent for each byte that the client was to get, where that is what the row is about. */
  readonly amplification?: number;
  /** What went through at twice the load, for each that went through at the peak, where that is what the row is about. */
  readonly goodput?: number;
  /** What a refusal took of the gateway's processor, for each millisecond that a bare uWebSockets.js takes to answer such a frame. */
  readonly refusal?: number;
  /** What is to be known about the numbers, or was seen besides. */
  readonly remarks?: string;
  /**
   * Does it once more. An allocator keeps what it was given back, for the next who asks: so what is left is what a second time leaves
   * beyond the first.
   */
  readonly again?: () => Promise<unknown>;
  /** Ends what it has left open, so that what that costs is seen before. */
  readonly release?: () => void;
}

/** What a row has to keep to. */
export interface Bars {
  /** Publishes of the bystander that are not acknowledged. */
  readonly refused: number;
  /** The bystander's p99 for each millisecond of its quiet p99. */
  readonly p99Ratio: number;
  readonly longestWaitMs: number;
  readonly redisMsPerRequest: number;
  readonly memoryBytesPerConnection: number;
  /** Of the gateway's memory, within 5 s of the end, for each hostile connection: beyond what it had before, or what `again` says. */
  readonly memoryLeftBytesPerConnection: number;
  readonly amplification: number;
  readonly goodput: number;
  /** Nobody answers a frame for less than the transport takes for it; what is measured is a difference, and shakes. */
  readonly refusal: number;
}

const MIB = 1024 * 1024;

export const BARS: Bars = {
  refused: 0,
  p99Ratio: 3,
  longestWaitMs: 250,
  redisMsPerRequest: 5,
  memoryBytesPerConnection: 4 * MIB,
  // An allocator gives back pages, not bytes: a quarter of what it may cost while it is there.
  memoryLeftBytesPerConnection: MIB,
  amplification: 1.2,
  goodput: 0.9,
  refusal: 1.5,
};

/** One thing that a client does, and what it costs everybody. */
export interface Cost {
  /** What is done, as the row says it. */
  readonly name: string;
  /** What it did cost before anything was done about it. */
  readonly before: string;
  /** Of the gateway that it is done to. */
  readonly settings?: GatewaySettings;
  /** Files that the gateway may open, where that is what the row is about. */
  readonly maxOpenFiles?: number;
  /** Bars that are known not to be met, each with the reason: they are shown, and not asserted. */
  readonly unmet?: { readonly [B in keyof Bars]?: string };
  /** What has to be there before; what it costs is not measured. */
  readonly prepare?: (site: CostSite) => Promise<void>;
  /** Resolves when it has been done. Whatever it leaves open, `release` ends. */
  readonly run: (site: CostSite) => Promise<Deed>;
}
