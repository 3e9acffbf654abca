/** Every way a posted request can be refused: its HTTP status, and nothing else has it. */
export const INGEST_ERRORS = {
  malformed: 400,
  unauthorized: 401,
  notFound: 404,
  unknownSymbol: 404,
  methodNotAllowed: 405,
  snapshotRequired: 409,
  sequenceBackwards: 409,
  sequenceGap: 409,
  tooManyBooks: 409,
  bodyTooLarge: 413,
  malformedLevel: 422,
  tooPrecise: 422,
  tooLarge: 422,
  crossedBook: 422,
  bookTooLarge: 422,
  scalesRequired: 422,
  rateLimited: 429,
  queueFull: 429,
  busUnavailable: 503,
} as const;

export type IngestErrorCode = keyof typeof INGEST_ERRORS;

export interface IngestErrorDetails {
  /** The place in the body, such as `deltas[2].bids[0][1]`. */
  readonly path?: string | undefined;
  /** Where the book stands, so that the engine can tell what has arrived. */
  readonly seq?: number | undefined;
}

/** A request that is refused as a whole: nothing of it has happened. The message is for whoever wrote the engine. */
export class IngestError extends Error {
  override readonly name = 'IngestError';
  readonly code: IngestErrorCode;
  readonly path: string | undefined;
  readonly seq: number | undefined;

  constructor(code: IngestErrorCode, message: string, details: IngestErrorDetails = {}) {
    super(message);
    this.code = code;
    this.path = details.path;
    this.seq = details.seq;
  }
}
