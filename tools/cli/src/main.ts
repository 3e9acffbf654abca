#!/usr/bin/env node
import { OutcryError } from '@outcry/client';
import { type Command, CommanderError } from 'commander';

import { createCommand, type Run, type RunAsOperator } from './command.ts';
import { CommandError } from './command-error.ts';
import { apiKey, isDumbTerminal } from './config/env.ts';
import { ServerApi } from './connection/server-api.ts';
import { openSession } from './connection/session.ts';
import { ExitCode } from './exit-code.ts';
import { createOutput } from './output/output.ts';

const ended = new AbortController();
const end = (): void => {
  ended.abort();
};
process.once('SIGINT', end);
process.once('SIGTERM', end);
// A reader that has gone, such as `head`, has had enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  end();
});

const run: Run = async (options, act) => {
  const output = createOutput(options.json, { out: process.stdout, notes: process.stderr, isDumb: isDumbTerminal });
  const { client, failed, causeOf } = openSession(options, output);
  ended.signal.addEventListener('abort', () => {
    client.close();
  });
  try {
    await Promise.race([failed, act({ client, output, signal: ended.signal, input: process.stdin })]);
  } catch (error) {
    throw causeOf(error);
  } finally {
    client.close();
    // Input that is still open must not keep a command that is over.
    process.stdin.destroy();
  }
};

const runAsOperator: RunAsOperator = async (options, act) => {
  const output = createOutput(options.json, { out: process.stdout, notes: process.stderr, isDumb: isDumbTerminal });
  const { signal } = ended;
  await act({ api: new ServerApi({ ...options, apiKey, signal }), output, input: process.stdin, signal });
};

function exitCodeOf(error: unknown): ExitCode {
  // Whoever ends a command does not want to hear what it was at.
  if (ended.signal.aborted) return ExitCode.Done;
  // Commander has said what is wrong already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage;
  if (error instanceof CommandError) {
    process.stderr.write(`error: ${error.message}\n`);
    return error.exitCode;
  }
  if (!(error instanceof OutcryError)) throw error;
  process.stderr.write(`error: ${error.message} (${error.code})\n`);
  return error.code === 'timedOut' ? ExitCode.NoAnswer : ExitCode.Refused;
}

function commandsOf(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(commandsOf)];
}

const command = createCommand(run, runAsOperator);
for (const part of commandsOf(command)) part.exitOverride();
try {
  await command.parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
