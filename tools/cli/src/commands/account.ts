import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';

import { CommandError } from '../command-error.ts';
import type { ServerApi } from '../connection/server-api.ts';
import { ExitCode } from '../exit-code.ts';
import type { Output } from '../output/output.ts';

/** What commands of the operator are given. */
export interface OperatorContext {
  readonly api: Pick<ServerApi, 'call'>;
  readonly output: Output;
  readonly input: NodeJS.ReadableStream;
}

/** 128 bits, in 22 characters that every keyboard has. */
const PASSWORD_BYTES = 16;

/** Takes an account's password and tokens away. Its name stays taken. */
export async function deleteAccount({ api, output }: OperatorContext, user: string): Promise<void> {
  const { expiresAt } = await api.call('deleteAccount', { user });
  output.write(`${user} is deleted, and nobody else gets the name`, { user, expiresAt });
}

/** Gives an account another password: one that is made up and shown, or the first line of what comes in. */
export async function resetPassword(
  { api, output, input }: OperatorContext,
  user: string,
  { isFromInput }: { readonly isFromInput: boolean },
): Promise<void> {
  const password = isFromInput ? await readLine(input) : randomBytes(PASSWORD_BYTES).toString('base64url');
  const { expiresAt } = await api.call('resetPassword', { user, password });
  if (isFromInput) output.write(`${user} has the password that came in`, { user, expiresAt });
  else output.write(password, { user, password, expiresAt });
}

async function readLine(input: NodeJS.ReadableStream): Promise<string> {
  const [line = ''] = (await text(input)).split(/\r?\n/);
  if (line === '') throw new CommandError(ExitCode.Usage, 'no password came in');
  return line;
}
