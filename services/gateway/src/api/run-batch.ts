import type { Logger } from '@outcry/service';
import { z } from 'zod';

import { type ApiCall, parse } from './api-command.ts';
import { API_COMMANDS } from './api-commands.ts';
import { ApiError } from './api-error.ts';
import type { CountRequest } from './count-request.ts';
import { json } from './fields.ts';
import { describeApiError, toApiError } from './to-api-error.ts';

const MAX_COMMANDS = 1000;
/** What answers of commands are together behind which no more are run. Each has limits of its own, and a thousand of them none. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const TOO_LARGE = `not done: the answers before it are ${String(MAX_ANSWER_BYTES)} bytes; ask for it in another batch`;

/** The body of `POST /api/batch`. */
export const batchBody = z.strictObject({
  commands: z
    .array(z.strictObject({ command: z.string(), params: json }))
    .min(1)
    .max(MAX_COMMANDS),
});

interface BatchParts {
  readonly count: CountRequest;
  readonly logger: Logger;
}

/**
 * Runs several commands, each behind the one before it, whatever became of that. Only a body that is no batch fails as a whole.
 *
 * @returns The answer, in JSON.
 * @throws ApiError `malformed`
 */
export async function runBatch(
  call: Omit<ApiCall, 'name'>,
  body: unknown,
  { count, logger }: BatchParts,
): Promise<string> {
  const results: string[] = [];
  let bytes = 0;
  const add = (result: unknown): void => {
    const text = JSON.stringify(result);
    results.push(text);
    bytes += Buffer.byteLength(text);
  };
  for (const [i, { command: name, params }] of parse(batchBody, body, []).commands.entries()) {
    const path = ['commands', i];
    try {
      if (bytes > MAX_ANSWER_BYTES) throw new ApiError('answerTooLarge', TOO_LARGE);
      const command = findCommand(name, path);
      add({ result: await command.execute({ ...call, name }, params, [...path, 'params']) });
      count(name, 'done');
    } catch (err) {
      const known = toApiError(err);
      if (known === undefined) logger.error({ err, command: name }, 'command failed');
      const refusal = known ?? new ApiError('internal', 'a fault of the gateway; its log says more');
      add(describeApiError(refusal));
      count(name, refusal.code);
    }
  }
  return `{"results":[${results.join()}]}`;
}

function findCommand(name: string, path: readonly PropertyKey[]): (typeof API_COMMANDS)[string] {
  const command = Object.hasOwn(API_COMMANDS, name) ? API_COMMANDS[name] : undefined;
  if (command !== undefined) return command;
  throw new ApiError(
    'notFound',
    `there are ${Object.keys(API_COMMANDS).join(', ')}`,
    `commands[${String(path[1])}].command`,
  );
}
