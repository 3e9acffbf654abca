/** Which messages stand under which numbers of one room and epoch, as some members were sent and publishers were told. */
export interface RoomClaims {
  /** By `roomAndEpoch`. */
  readonly key: string;
  readonly delivered: readonly Claim[];
  readonly acknowledged: readonly Claim[];
}

export type Claim = readonly [seq: number, message: number];

/** Neither room names nor epochs have spaces. */
export function roomAndEpoch(room: string, epoch: string): string {
  return `${room} ${epoch}`;
}

/** More than a publisher counts to, and few enough that no number of a message is rounded. */
const MAX_COUNTER = 2 ** 32;

/** A number of its own for each message of a run. */
export function messageNumber({
  publisher,
  counter,
}: {
  readonly publisher: number;
  readonly counter: number;
}): number {
  return publisher * MAX_COUNTER + counter;
}
