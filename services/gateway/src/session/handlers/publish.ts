import { type Broker, OutcryError, partitionOf, type Published, type PublishRequest } from '@outcry/broker';
import { encodeMessageHead } from '@outcry/protocol';

import type { PublishAdmission } from '../../limits/publish-admission.ts';
import type { Owner, StoredLimits } from '../../limits/stored-limits.ts';
import type { GatewayMetrics } from '../../observability/metrics.ts';
import type { RoomRules } from '../../rooms/room-rules.ts';
import { acknowledge, type Answerable } from '../answers.ts';
import { createRefusal } from '../publish-refusals.ts';
import { checkMayPublish, type RightsHolder } from '../room-rights.ts';
import type { TracedPublish } from '../traced-publish.ts';

const MS_PER_SECOND = 1000;

interface Client extends Answerable, RightsHolder, Owner {
  readonly identity: RightsHolder['identity'];
  readonly connection: string;
}

interface Services {
  readonly broker: Pick<Broker, 'publish'>;
  readonly rules: RoomRules;
  readonly storedLimits: StoredLimits;
  readonly admission: Pick<PublishAdmission, 'isFullOf' | 'enter' | 'leave'>;
  readonly metrics: Pick<GatewayMetrics, 'publishSeconds' | 'publishesShed'>;
}

/** Publishes, and acknowledges once the broker has stored and numbered the message. */
export function handlePublish(client: Client, frame: TracedPublish, services: Services): Promise<void> {
  checkMayPublish(client, { room: frame.room, rules: services.rules });
  const part = partitionOf(frame.room);
  if (services.admission.isFullOf(part)) {
    services.metrics.publishesShed.inc();
    throw createRefusal();
  }
  services.admission.enter(part);
  return publish(client, frame, services).then(
    () => {
      services.admission.leave(true, part);
    },
    (err: unknown) => {
      // Whatever else the broker says is an answer.
      services.admission.leave(err instanceof OutcryError && err.code !== 'unavailable', part);
      throw err;
    },
  );
}

async function publish(
  client: Client,
  { id, room, data, key, trace }: TracedPublish,
  { broker, rules, storedLimits, metrics }: Services,
): Promise<void> {
  const { user, info } = client.identity;
  const startedAt = performance.now();
  const request = {
    room,
    head: encodeMessageHead({ room, from: user, at: Date.now(), data }),
    info,
    origin: client.connection,
    trace: trace?.send(),
    retention: rules.of(room).retention,
    idempotency: key === undefined ? undefined : { sender: user, key },
  };
  const published = await publishWithin(client, request, { broker, storedLimits });
  trace?.end(published);
  metrics.publishSeconds.observe((performance.now() - startedAt) / MS_PER_SECOND);
  acknowledge(client, id, published.position);
}

/** Counts what is stored against those whom it is of. What a room does not keep is no burden. */
async function publishWithin(
  owner: Owner,
  request: PublishRequest,
  { broker, storedLimits }: Pick<Services, 'broker' | 'storedLimits'>,
): Promise<Published> {
  const isKept = request.retention.count > 0;
  if (isKept) storedLimits.checkBytes(owner);
  try {
    const published = await broker.publish({ ...request, mayBegin: storedLimits.mayBeginRooms(owner) });
    if (published.isDuplicate) return published;
    if (isKept) storedLimits.countMessage(owner, request.head.length + (request.info?.length ?? 0));
    if (published.position.seq === 1) storedLimits.countRoom(owner);
    return published;
  } catch (err) {
    if (err instanceof OutcryError && err.code === 'notBegun') storedLimits.checkRooms(owner);
    throw err;
  }
}
