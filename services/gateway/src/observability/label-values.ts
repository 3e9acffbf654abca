/**
 * The values of labels that are known beforehand. Each is there with 0 from the start: to Prometheus, a series that begins with 1 has
 * not risen, and the first refusal would be lost to `rate` and to whoever it should wake.
 */
export const LABEL_VALUES = {
  tokenRefusals: [
    ...['malformed', 'name-taken', 'unknown-key', 'key-to-come', 'algorithm', 'signature', 'claims'],
    ...['not-yet-valid', 'expired', 'revoked'],
  ],
  accountRefusals: [
    'malformed',
    'badCredentials',
    'nameTaken',
    'bodyTooLarge',
    'rateLimited',
    'unavailable',
    'internal',
  ],
  apiTokenRefusals: [
    ...['malformed', 'unknown-key', 'key-to-come', 'algorithm', 'signature', 'claims', 'not-yet-valid', 'expired'],
    'no-role',
  ],
  apiCommands: [
    ...['publish', 'broadcast', 'announce', 'members', 'memberCount', 'history', 'removeHistory', 'search', 'rooms'],
    ...['connections', 'disconnect', 'subscribe', 'unsubscribe', 'send', 'refresh', 'revoke', 'deleteAccount'],
    ...['resetPassword', 'nodes', 'info', 'health', 'shards', 'hooks', 'archive', 'books', 'top', 'trace', 'rebalance'],
    ...['drain', 'undrain', 'resendEvents', 'whoami', 'batch', 'openapi.json', 'unknown'],
  ],
  apiRefusals: [
    ...['malformed', 'unauthorized', 'forbidden', 'notFound', 'noPresence', 'noArchive', 'noTraces'],
    ...['noLanguage', 'methodNotAllowed', 'bodyTooLarge', 'dataTooLarge', 'answerTooLarge', 'searchTooCostly'],
    ...['tooManySearches', 'tooManyTraced', 'rateLimited', 'internal', 'unavailable'],
  ],
  storedLimits: ['storedBytesPerUser', 'storedBytesPerAddress', 'newRoomsPerUser', 'newRoomsPerAddress'],
  drained: ['moved', 'closed', 'late'],
  serverCommands: [
    'disconnect',
    'subscribe',
    'unsubscribe',
    'send',
    'refresh',
    'move',
    'drain',
    'top',
    'trace',
    'tell',
  ],
  serverCommandOutcomes: ['done', 'nothing', 'limit', 'lagging', 'unavailable', 'overflow'],
  socketLimits: ['sockets', 'handshakes', 'address'],
  refusedUpgrades: ['400', '403', '426', '429', '503'],
  rateLimits: ['frames', 'bytes', 'controlFrames', 'joins', 'signals', 'answers', 'calls'],
  releases: ['caughtUp', 'reset', 'left'],
  sparedReads: ['shared', 'gone', 'expired', 'refused'],
  archiveWaits: ['again', 'late', 'refused', 'gone'],
  searches: ['answered', 'tooCostly', 'tooMany', 'noLanguage', 'unavailable'],
  keyFetches: ['fetched', 'failed'],
  consoleAsks: ['changed', 'same', 'refused', 'gone'],
  consoleMessages: ['sent', 'conflated'],
  consoleRefusals: ['origin', 'handshake', 'sockets'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
