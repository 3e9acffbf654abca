#!/usr/bin/env node
import { OutcryError } from '@outcry/client';
import { CommanderError } from 'commander';

import { createCommand, type Run } from './command.ts';
import { openClient } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { createOutput } from './output.ts';

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
  const output = createOutput(options.json, { out: process.stdout, notes: process.stderr });
  const client = openClient(options, output);
  ended.signal.addEventListener('abort', () => {
    client.close();
  });
  try {
    await act({ client, output, signal: ended.signal, input: process.stdin });
  } finally {
    client.close();
  }
};

function exitCodeOf(error: unknown): ExitCode {
  // Whoever ends a command does not want to hear what it was at.
  if (ended.signal.aborted) return ExitCode.Done;
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage;
  if (!(error instanceof OutcryError)) throw error;
  process.stderr.write(`error: ${error.message} (${error.code})\n`);
  return error.code === 'timedOut' ? ExitCode.TimedOut : ExitCode.Failed;
}

const command = createCommand(run);
for (const part of [command, ...command.commands]) part.exitOverride();
try {
  await command.parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
