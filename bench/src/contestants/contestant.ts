import type { WireFrame } from '@outcry/protocol';

import type { Greeting, ReadingRules } from '../generator/client-plan.ts';
import type { ServerProcess } from './server-process.ts';

/** The room that all members are in. */
export const ROOM = 'bench';

/** How a server is spoken to. */
export interface Dialect {
  readonly rules: ReadingRules;
  readonly memberPath: string;
  readonly publisherPath: string;
  /** Lets the `index`th member in. */
  greetMember(index: number): Greeting;
  greetPublisher(index: number): Greeting;
  /** The frame that publishes this text to the room. */
  publish(text: string): WireFrame;
}

/** A server that takes part. */
export interface Contestant {
  /** As it is given to `--contestants`. */
  readonly name: string;
  /** As it is shown. */
  readonly label: string;
  /** Whether several of its processes share rooms through Redis. */
  readonly isClustered: boolean;
  readonly dialect: Dialect;
  /**
   * Builds what has to be built; resolves with its version.
   *
   * @throws UnavailableError where it cannot take part on this machine
   */
  prepare(): Promise<string>;
  /** Starts one process of it. */
  start(redisUrl: string): Promise<ServerProcess>;
}

/** A contestant that cannot take part, in a sentence that says why. */
export class UnavailableError extends Error {}
