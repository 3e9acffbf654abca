import { RequestError } from '@outcry/protocol';

import { type ApiCommand, parse } from '../api/api-command.ts';
import { API_COMMANDS } from '../api/api-commands.ts';
import { ApiError } from '../api/api-error.ts';

const PREFIX = '$console/';

/**
 * What may be asked again and again: commands that change nothing, and that cost about the same however much there is. `rooms` weighs
 * up to 10,000 of them, and `search` is a question for a database: whoever looks asks for these once.
 */
const RENEWED: ReadonlySet<string> = new Set([
  ...['nodes', 'health', 'top', 'shards', 'hooks', 'archive', 'books'],
  ...['connections', 'members', 'history'],
]);

/** What a room says, again and again. */
export interface RoomQuestion {
  readonly name: string;
  readonly command: ApiCommand;
  readonly params: unknown;
}

/**
 * The question that the name of a room is: `$console/health`, or with parameters as the server API takes them,
 * `$console/members?{"room":"lobby"}`.
 *
 * @throws RequestError `forbidden` where there is no such room, `badRequest` where its parameters are none of the command
 */
export function readQuestion(room: string): RoomQuestion {
  const [path = '', ...rest] = room.split('?');
  const name = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : '';
  const command = RENEWED.has(name) ? API_COMMANDS[name] : undefined;
  if (command === undefined) throw new RequestError('forbidden', `there are ${[...RENEWED].join(', ')} in ${PREFIX}`);
  const params = rest.length === 0 ? {} : parseJson(rest.join('?'));
  try {
    parse(command.params, params, []);
  } catch (err) {
    if (!(err instanceof ApiError)) throw err;
    throw new RequestError('badRequest', `room: ${[err.path, err.message].filter(Boolean).join(': ')}`);
  }
  return { name, command, params };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError('badRequest', 'room: expected JSON behind the ?');
  }
}
