import { formatPath } from '@outcry/service';
import type { z } from 'zod';

import { type Access, audit, checkAccess } from './access.ts';
import { ApiError } from './api-error.ts';
import type { ApiParts } from './api-parts.ts';
import type { Bearer } from './bearer.ts';
import { toApiError } from './to-api-error.ts';

interface CommandDefinition<P extends z.ZodType, R extends z.ZodType> {
  /** One line for the OpenAPI document. */
  readonly summary: string;
  /** Where it depends on what is asked, every key may ask. */
  readonly access: Access | ((params: z.output<P>) => Access);
  readonly params: P;
  readonly result: R;
  /** What it publishes is of the trace that the request says; without it: it publishes nothing, or nothing of a trace. */
  readonly isTraced?: true;
  /** @throws ApiError, or OutcryError */
  run(parts: ApiParts, params: z.output<P>, bearer: Bearer): Promise<z.input<R>>;
}

/** Who wants a command to be run, and with what. */
export interface ApiCall {
  readonly name: string;
  readonly parts: ApiParts;
  readonly bearer: Bearer;
}

/** A command of the server API. Its schemas check what comes, and are the document. */
export interface ApiCommand {
  readonly summary: string;
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  readonly isTraced: boolean;
  /**
   * Checks the rights of whoever asks, runs it, and writes it down where that is to be.
   *
   * @param path Where the parameters stand in the body.
   * @throws ApiError, or OutcryError
   */
  execute(call: ApiCall, params: unknown, path: readonly PropertyKey[]): Promise<unknown>;
}

export function defineCommand<P extends z.ZodType, R extends z.ZodType>(command: CommandDefinition<P, R>): ApiCommand {
  const { summary, params: schema, result, access: given, isTraced = false } = command;
  return {
    summary,
    params: schema,
    result,
    isTraced,
    async execute({ name, parts, bearer }, input, path) {
      // What is wrong with it is nobody's business who may not ask.
      if (typeof given === 'string') checkAccess(given, bearer);
      const params = parse(schema, input, path);
      const access = typeof given === 'string' ? given : given(params);
      checkAccess(access, bearer);
      const write = (outcome: string): void => {
        audit(bearer, { command: name, access, params, outcome }, parts);
      };
      try {
        const done = await command.run(parts, params, bearer);
        write('done');
        return done;
      } catch (err) {
        write(toApiError(err)?.code ?? 'internal');
        throw err;
      }
    },
  };
}

/** @throws ApiError `malformed`, with the place of the first problem */
export function parse<S extends z.ZodType>(schema: S, input: unknown, path: readonly PropertyKey[]): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = formatPath([...path, ...(issue?.path ?? [])]);
  throw new ApiError('malformed', wordsFor(issue), place === '' ? undefined : place);
}

function wordsFor(issue: z.core.$ZodIssue | undefined): string {
  // Zod's word for any value that is missing.
  if (issue?.code === 'invalid_type' && issue.expected === 'nonoptional') return 'expected a value';
  return issue?.message ?? 'malformed';
}
