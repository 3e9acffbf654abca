import { RedirectError } from '../redis/faults/redirect.ts';
import type { Router } from '../redis/router.ts';
import { createEpoch } from './epoch.ts';
import { TAKE_OVER } from './scripts/take-over.lua.ts';

type TakeOverRouter = Pick<Router, 'follow' | 'lineOf' | 'runScript'>;

/**
 * Has the server number a room that another one has numbered last.
 *
 * @param meta the key of the room's numbering
 * @returns the line under which the room can be published to
 * @throws OutcryError as a connection does
 */
export async function takeOver(redis: TakeOverRouter, meta: string): Promise<string> {
  try {
    return await takeOverHere(redis, meta);
  } catch (error) {
    if (!(error instanceof RedirectError)) throw error;
    await redis.follow(meta, error.redirect);
    return takeOverHere(redis, meta);
  }
}

async function takeOverHere(redis: TakeOverRouter, meta: string): Promise<string> {
  // It may be this node that has not noticed: then the room is numbered by the right server already.
  const line = await redis.lineOf(meta).find();
  await redis.runScript(TAKE_OVER, [meta], [createEpoch(), line]);
  return line;
}
