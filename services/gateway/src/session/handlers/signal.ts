import type { ClientFrameOf } from '@outcry/protocol';

import { checkMaySignal } from '../room-rights.ts';
import type { Session } from '../session.ts';

/** Passes a signal on. Silent where it succeeds: signals are many, and none of them matters much. */
export async function handleSignal(session: Session, frame: ClientFrameOf<'signal'>): Promise<void> {
  const { room, name, data } = frame;
  checkMaySignal(session, room);
  const { broker, codecs } = session.services;
  session.checkSignalRate();
  const encoded = codecs.msgpack.encodeServer({
    type: 'signal',
    room,
    from: session.user,
    name,
    ...(data === undefined ? {} : { data }),
  });
  await broker.signal({ room, frame: encoded as Uint8Array, origin: session.connection });
}
