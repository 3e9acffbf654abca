import type { Broker } from '@outcry/broker';
import { type ClientFrameOf, encodeMessageHead } from '@outcry/protocol';

import type { GatewayMetrics } from '../../observability/metrics.ts';
import type { RoomRules } from '../../rooms/room-rules.ts';
import { acknowledge, type Answerable } from '../answers.ts';
import { checkMayPublish, type RightsHolder } from '../room-rights.ts';

const MS_PER_SECOND = 1000;

interface Client extends Answerable, RightsHolder {
  readonly connection: string;
}

interface Services {
  readonly broker: Pick<Broker, 'publish'>;
  readonly rules: RoomRules;
  readonly metrics: Pick<GatewayMetrics, 'publishSeconds'>;
}

/** Publishes, and acknowledges once the broker has stored and numbered the message. */
export async function handlePublish(
  client: Client,
  { id, room, data, key }: ClientFrameOf<'publish'>,
  { broker, rules, metrics }: Services,
): Promise<void> {
  checkMayPublish(client, { room, rules });
  const { user } = client.identity;
  const startedAt = performance.now();
  const { position } = await broker.publish({
    room,
    head: encodeMessageHead({ room, from: user, at: Date.now(), data }),
    origin: client.connection,
    retention: rules.of(room).retention,
    idempotency: key === undefined ? undefined : { sender: user, key },
  });
  metrics.publishSeconds.observe((performance.now() - startedAt) / MS_PER_SECOND);
  acknowledge(client, id, position);
}
