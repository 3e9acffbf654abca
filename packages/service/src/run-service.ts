import { parseArgs } from 'node:util';

import { OutcryError } from '@outcry/broker';
import { ConfigError, type Environment, formatEffective, formatHelp, type SettingFields } from '@outcry/config';

import { readEnvironment } from './config/env.ts';
import { STANDARD_OUTPUT } from './log/standard-output.ts';

type Settings = Readonly<Record<string, string | number | boolean | undefined>>;

/** A service that serves. */
export interface RunningService {
  stop(): Promise<void>;
  /** Reads again what may change while it runs, on SIGHUP; without it, SIGHUP ends the process as it does any other. */
  reload?(): void;
}

export interface ServiceDefinition<C> {
  /** Begins every line for the operator. */
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  readonly fields: SettingFields;
  /** @throws ConfigError with every problem at once */
  load(environment: Environment): { readonly config: C; readonly settings: Settings };
  /** Resolves when the service serves. */
  start(config: C): Promise<RunningService>;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** What the last lines of the log may take to reach a slow reader. */
const LAST_LINES_MS = 1000;

/**
 * Runs a service as the process: flags, settings, start, and a stop on SIGTERM or SIGINT, after which the process exits 0. A
 * second signal ends it at once. What an operator did wrong is told in a line each, and exits 1.
 */
export async function runService<C>(service: ServiceDefinition<C>): Promise<void> {
  try {
    await run(service);
  } catch (err) {
    report(service.name, err);
    process.exitCode = 1;
  }
  await STANDARD_OUTPUT.flush(LAST_LINES_MS);
  process.exit();
}

async function run<C>(service: ServiceDefinition<C>): Promise<void> {
  const { name, summary, fields } = service;
  const flags = readFlags();
  if (flags.help === true) {
    process.stdout.write(formatHelp(`outcry ${name}: ${summary}\n\n${FLAGS_HELP}`, fields));
    return;
  }
  const { config, settings } = service.load(readEnvironment());
  if (flags['check-config'] === true) {
    process.stdout.write(`${formatEffective(fields, settings)}\n`);
    return;
  }
  // Listened for from here on, so that a signal during the start is obeyed right after it.
  const stopRequested = new Promise<void>((resolve) => {
    for (const signal of SIGNALS) process.once(signal, resolve);
  });
  const running = await service.start(config);
  const reload = running.reload?.bind(running);
  if (reload !== undefined) process.on('SIGHUP', reload);
  await stopRequested;
  for (const signal of SIGNALS) process.once(signal, () => process.exit(1));
  await running.stop();
}

const FLAGS_HELP = `  --help          this text
  --check-config  print the effective configuration, without secrets, and exit`;

function readFlags(): { help?: boolean; 'check-config'?: boolean } {
  try {
    return parseArgs({ options: { help: { type: 'boolean' }, 'check-config': { type: 'boolean' } } }).values;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message.replace(/\..*/s, '') : String(cause);
    throw new ConfigError([`${problem}; try --help`]);
  }
}

/** Only what is our own fault has a stack. */
function report(name: string, err: unknown): void {
  const isExpected = err instanceof ConfigError || err instanceof OutcryError;
  const lines = err instanceof ConfigError ? err.problems : [err instanceof Error ? err.message : String(err)];
  for (const line of lines) process.stderr.write(`${name}: ${line}\n`);
  if (!isExpected && err instanceof Error) process.stderr.write(`${err.stack ?? ''}\n`);
}
