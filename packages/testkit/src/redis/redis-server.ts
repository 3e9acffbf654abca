/** What is run as a Redis: the one on the PATH, or another by its path, such as a `valkey-server`. */
export const REDIS_SERVER = process.env['OUTCRY_TEST_REDIS_SERVER'] ?? 'redis-server';
