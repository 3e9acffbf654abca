/** What people are told instead of what Redis or ioredis (6.0.0) says, by how that begins. */
const IN_WORDS: readonly (readonly [begins: string, words: string])[] = [
  [
    'NOAUTH',
    'it wants a password, and the URL has none: expected redis://:password@host or redis://user:password@host',
  ],
  ['WRONGPASS', 'it does not know this user with this password'],
  ['READONLY', 'it takes no writes: it is a replica, or was a primary'],
  ['LOADING', 'it is loading its data'],
  ['MOVED', 'it is a node of a Redis Cluster'],
  ['CLUSTERDOWN', 'it is a node of a Redis Cluster'],
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

/** Whether somebody has to do something before it can be otherwise: a password or a certificate that is refused. */
export function isLasting(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return LASTING.test(error.message) || LASTING_CODE.test(codeOf(error) ?? '');
}

/** Whether Redis refused a write because it is no primary. */
export function isReadOnly(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('READONLY');
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
