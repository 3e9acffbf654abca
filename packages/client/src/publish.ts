import type { ClientFrame, Position } from '@outcry/protocol';

import { positionOf, toAck } from './connection/answers.ts';
import type { Driver, RequestOptions } from './connection/driver.ts';
import { PUBLISH_TIMEOUT } from './connection/options.ts';
import { type PayloadCipher, seal } from './payloads/payload-pipe.ts';
import type { Rule } from './primitives/check.ts';
import { randomKey } from './primitives/random-key.ts';

/** How one message is published. */
export interface PublishOptions {
  /** The same user's same key within five minutes is the same message. Without one, each call has its own. */
  readonly key?: string | undefined;
  /** In milliseconds, offline and online together; at most 240,000. */
  readonly timeoutMs?: number | undefined;
  /** The trace that the message belongs to, as W3C Trace Context writes it: what happens to it is recorded where that is sampled. */
  readonly traceparent?: string | undefined;
}

/** What is published, and where. */
export interface Publication extends Pick<RequestOptions, 'room' | 'lane' | 'check'> {
  /** A payload as `toPayload` makes it. */
  readonly payload: unknown;
  readonly encryption: PayloadCipher | undefined;
  /** The room's name; a function where it follows from the user's. */
  readonly name: string | ((user: string) => string);
}

export const PUBLISH_RULES: { readonly [K in keyof PublishOptions]-?: Rule } = {
  key: 'key',
  timeoutMs: PUBLISH_TIMEOUT,
  traceparent: 'trace',
};

/** Publishes a message, and resolves with its position. Everything that takes time on the way counts against its time limit. */
export async function publish(driver: Driver, publication: Publication, options: PublishOptions): Promise<Position> {
  const { payload, encryption, name, ...place } = publication;
  const { key = randomKey(), timeoutMs = driver.settings.publishTimeoutMs, traceparent } = options;
  const frameOf = (id: number, room: string, data: unknown) =>
    // What is undefined is absent in both encodings.
    ({ type: 'publish', id, room, data, key, traceparent }) as ClientFrame<unknown>;
  const request = { ...place, timeoutMs, isPublish: true };
  if (encryption === undefined && typeof name === 'string') {
    return positionOf(toAck(await driver.request((id) => frameOf(id, name, payload), request)));
  }
  const buildFor = async (id: number, user: string) => {
    const room = typeof name === 'string' ? name : name(user);
    const data = encryption === undefined ? payload : await seal(payload, { room, from: user }, encryption);
    return frameOf(id, room, data);
  };
  return positionOf(toAck(await driver.requestAs(buildFor, request)));
}
