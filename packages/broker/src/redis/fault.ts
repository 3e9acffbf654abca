/**
 * What went wrong, in one line without secrets.
 *
 * Errors of ioredis carry the arguments of their command in a property, and replies of Redis may quote them, so neither is
 * ever handed on as it is.
 */
export function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown fault';
  const [line = ''] = error.message.split(/[\r\n]/, 1);
  const text = line.replace(/,? with args beginning with:.*/, '').replace(/^connect /, '');
  // A host with several addresses fails with an AggregateError, whose message is empty.
  return text === '' ? (codeOf(error) ?? error.name) : text;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
