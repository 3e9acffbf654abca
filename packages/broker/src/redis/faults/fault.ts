import { OutcryError } from '../../outcry-error.ts';
import type { StorageStatus } from '../../storage.ts';

export const REPLICA_WORDS = 'it takes no writes: it is a replica, or was a primary';

/** What people are told instead of what Redis or ioredis (6.0.0) says, by how that begins. */
const IN_WORDS: readonly (readonly [begins: string, words: string])[] = [
  [
    'NOAUTH',
    'it wants a password, and the URL has none: expected redis://:password@host or redis://user:password@host',
  ],
  ['WRONGPASS', 'it does not know this user with this password'],
  ['READONLY', REPLICA_WORDS],
  ['OOM', 'its memory is full'],
  ['MISCONF', 'it takes no writes: it cannot write to its disk'],
  ['NOREPLICAS', 'it takes no writes: it has too few replicas'],
  ['LOADING', 'it is loading its data'],
  ['MOVED', 'it is a node of a Redis Cluster, and another one has this slot'],
  ['ASK ', 'it is a node of a Redis Cluster, and this slot is on its way to another'],
  ['TRYAGAIN', 'it is a node of a Redis Cluster, and this slot is on its way'],
  ['CLUSTERDOWN', 'it is a node of a Redis Cluster that is down: slots have no server, or most servers are lost'],
  ["Stream isn't writeable", 'not connected'],
  ['Connection is closed', 'connection closed'],
  ['Reached the max retries per request limit', 'connection closed'],
  ['Command timed out', 'no answer within the time limit of commands'],
];

/** Replies and codes of what will be no better the next time. */
const LASTING = /^(?:NOAUTH|WRONGPASS|NOPERM)\b/;
const LASTING_CODE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/;

/**
 * What went wrong, in one line without secrets.
 *
 * Errors of ioredis carry the arguments of their command in a property, and replies of Redis may quote them, so neither is
 * ever handed on as it is.
 */
export function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown fault';
  const known = IN_WORDS.find(([begins]) => error.message.startsWith(begins));
  if (known !== undefined) return known[1];
  const [line = ''] = error.message.split(/[\r\n]/, 1);
  const text = line.replace(/,? with args beginning with:.*/, '').replace(/^connect /, '');
  // A host with several addresses fails with an AggregateError, whose message is empty.
  return text === '' ? (codeOf(error) ?? error.name) : text;
}

/** What waiting does not mend: see `isLasting`. */
export class LastingFault extends OutcryError {
  constructor(message: string) {
    super('unavailable', message);
  }
}

/** In words already, and no better the next time. */
export class LastingError extends Error {}

/** Whether somebody has to do something before it can be otherwise: a password or a certificate that is refused. */
export function isLasting(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof LastingError || LASTING.test(error.message) || LASTING_CODE.test(codeOf(error) ?? '');
}

/** Why a Redis that answers took no write. */
export interface WriteRefusal {
  readonly storage: Exclude<StorageStatus, { state: 'writable' }>;
  /** It is no primary: somewhere else there may be one. */
  readonly isReplica: boolean;
}

const REPLICA: WriteRefusal = {
  storage: { state: 'readOnly', reason: 'storage is read-only: it is a replica' },
  isReplica: true,
};
const REFUSALS: readonly (readonly [begins: string, refusal: WriteRefusal])[] = [
  ['OOM', { storage: { state: 'full', reason: 'storage is full' }, isReplica: false }],
  ['READONLY', REPLICA],
  ['MISCONF', { storage: { state: 'readOnly', reason: 'storage is read-only: its disk fails' }, isReplica: false }],
  [
    'NOREPLICAS',
    { storage: { state: 'readOnly', reason: 'storage is read-only: it has too few replicas' }, isReplica: false },
  ],
];

/** What Redis means where it refuses a write, by the code that its answer begins with; undefined where it is another fault. */
export function writeRefusalOf(error: unknown): WriteRefusal | undefined {
  if (!(error instanceof Error)) return undefined;
  return REFUSALS.find(([begins]) => error.message.startsWith(begins))?.[1];
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
