import { type ClientFrameOf, encodeMessageHead } from '@outcry/protocol';

import { checkMayPublish } from '../room-rights.ts';
import type { Session } from '../session.ts';

const MS_PER_SECOND = 1000;

/** Publishes, and acknowledges once the broker has stored and numbered the message. */
export async function handlePublish(session: Session, frame: ClientFrameOf<'publish'>): Promise<void> {
  const { id, room, data, key } = frame;
  checkMayPublish(session, room);
  const { broker, config, metrics } = session.services;
  const startedAt = performance.now();
  const { position } = await broker.publish({
    room,
    head: encodeMessageHead({ room, from: session.user, at: Date.now(), data }),
    origin: session.connection,
    retention: config.roomRules.of(room).retention,
    idempotency: key === undefined ? undefined : { sender: session.user, key },
  });
  metrics.publishSeconds.observe((performance.now() - startedAt) / MS_PER_SECOND);
  session.acknowledge(id, position);
}
