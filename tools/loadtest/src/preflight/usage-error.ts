/** The run cannot begin: what was asked for is wrong, or the deployment is not there. The message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
