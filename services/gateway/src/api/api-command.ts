import { formatPath } from '@outcry/service';
import type { z } from 'zod';

import { ApiError } from './api-error.ts';
import type { ApiParts } from './api-parts.ts';

interface CommandDefinition<P extends z.ZodType, R extends z.ZodType> {
  /** One line for the OpenAPI document. */
  readonly summary: string;
  readonly params: P;
  readonly result: R;
  /** @throws ApiError, or OutcryError */
  run(parts: ApiParts, params: z.output<P>): Promise<z.input<R>>;
}

/** A command of the server API. Its schemas check what comes, and are the document. */
export interface ApiCommand {
  readonly summary: string;
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  /**
   * @param path Where the parameters stand in the body.
   * @throws ApiError, or OutcryError
   */
  execute(parts: ApiParts, params: unknown, path: readonly PropertyKey[]): Promise<unknown>;
}

export function defineCommand<P extends z.ZodType, R extends z.ZodType>(command: CommandDefinition<P, R>): ApiCommand {
  const { summary, params, result } = command;
  return {
    summary,
    params,
    result,
    execute: (parts, input, path) => command.run(parts, parse(params, input, path)),
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
