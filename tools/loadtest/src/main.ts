#!/usr/bin/env node
import { createRequire } from 'node:module';

import { CommanderError } from 'commander';

import { isHelp, parseInvocation } from './cli/parse-invocation.ts';
import { redactTokens } from './cli/redact-tokens.ts';
import { UsageError } from './preflight/usage-error.ts';
import { ExitCode } from './run/exit-code.ts';
import { runLoadtest } from './run-loadtest.ts';

/** The first Ctrl-C ends the load and reports; at a second one nobody wants to wait. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(ExitCode.Interrupted);
      controller.abort();
    });
  }
  return controller.signal;
}

async function main(args: readonly string[]): Promise<ExitCode> {
  try {
    const invocation = parseInvocation(args);
    const { version } = createRequire(import.meta.url)('#manifest') as { readonly version: string };
    const command = ['outcry-loadtest', ...redactTokens(args)].join(' ');
    return await runLoadtest({ invocation, command, version, signal: interruption() });
  } catch (error) {
    if (error instanceof CommanderError) return isHelp(error) ? ExitCode.Passed : ExitCode.Unusable;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return ExitCode.Unusable;
  }
}

process.exitCode = await main(process.argv.slice(2));
