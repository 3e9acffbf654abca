import type { RedisConnection } from '../../src/redis/connection/connection.ts';
import type { Router } from '../../src/redis/router.ts';

/** One connection as the way to everything. */
export function routerOver(connection: RedisConnection): Pick<Router, 'run' | 'runScript'> {
  return {
    run: (_, command) => connection.run(command),
    runScript: (script, keys, args) => connection.runScript(script, keys, args),
  };
}
