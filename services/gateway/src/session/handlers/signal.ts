import type { Broker } from '@outcry/broker';
import type { ClientFrameOf, Codec } from '@outcry/protocol';

import type { RoomRules } from '../../rooms/room-rules.ts';
import { checkSignalRate, type RateParts } from '../rates.ts';
import { checkMaySignal, type RightsHolder } from '../room-rights.ts';

interface Client extends RightsHolder {
  readonly connection: string;
}

interface Services extends RateParts {
  readonly broker: Pick<Broker, 'signal'>;
  readonly rules: RoomRules;
  readonly codecs: { readonly msgpack: Codec };
}

/** Passes a signal on. Silent where it succeeds: signals are many, and none of them matters much. */
export async function handleSignal(
  client: Client,
  { room, name, data }: ClientFrameOf<'signal'>,
  services: Services,
): Promise<void> {
  const { broker, codecs, rules } = services;
  checkMaySignal(client, { room, rules });
  checkSignalRate(client, services);
  const encoded = codecs.msgpack.encodeServer({
    type: 'signal',
    room,
    from: client.identity.user,
    name,
    ...(data === undefined ? {} : { data }),
  });
  await broker.signal({ room, frame: encoded as Uint8Array, origin: client.connection });
}
