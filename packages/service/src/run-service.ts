import { parseArgs } from 'node:util';

import { OutcryError } from '@outcry/broker';
import {
  CONFIG_FILE_VARIABLE,
  ConfigError,
  type Environment,
  fieldsOf,
  formatEffective,
  formatHelp,
  type Sections,
  SettingSources,
} from '@outcry/config';

import { readEnvironment } from './config/env.ts';
import { createLogger, type Logger } from './log/logger.ts';
import { STANDARD_OUTPUT } from './log/standard-output.ts';

/** A service that serves. */
export interface RunningService {
  stop(): Promise<void>;
  /** Reads again what may change while it runs, on SIGHUP; without it, SIGHUP ends the process as it does any other. */
  reload?(): void;
}

export interface ServiceDefinition<C> {
  /** Stands in every line about the process itself. */
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** Its settings, by their place in a file. */
  readonly sections: Sections;
  /** Services whose sections in a file some of these settings are taken from; what else stands there is theirs to check. */
  readonly follows?: readonly string[];
  /** Flags that switch a setting on, beside those that every service has. */
  readonly switches?: Readonly<Record<string, Switch>>;
  /** @throws ConfigError with every problem at once */
  load(environment: Environment): { readonly config: C };
  /** Resolves when the service serves. `environment` starts another one of the same settings. */
  start(config: C, environment: Environment): Promise<RunningService>;
  /** For what becomes of the process before there is a service that logs; JSON lines where it is absent. */
  createLogger?(): Logger;
}

export interface Switch {
  /** The setting that is `true` where the flag stands. */
  readonly setting: string;
  /** For `--help`. */
  readonly meaning: string;
}

/** Sections that a file of settings may have for another service than the one that reads it. */
const SERVICES_WITH_SECTIONS = ['gateway', 'feedPublisher', 'inbound', 'archive', 'events', 'standalone'];

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** What the last lines of the log may take to reach a slow reader. */
const LAST_LINES_MS = 1000;

/**
 * Runs a service as the process: flags, settings, start, and a stop on SIGTERM or SIGINT, after which the process exits 0. A
 * signal during the start ends it there, a second signal during the stop at once.
 *
 * What keeps it from starting is told on its log, a line for each problem, and exits 1. So does a fault that nobody caught.
 */
export async function runService<C>(service: ServiceDefinition<C>): Promise<void> {
  const logger = service.createLogger?.() ?? createLogger({ level: 'info', fields: { service: service.name } });
  process.once('uncaughtException', (err) => {
    logger.fatal({ err }, 'service crashed');
    void exit(1);
  });
  await exit(await run(service, logger));
}

async function exit(code: number): Promise<void> {
  await STANDARD_OUTPUT.flush(LAST_LINES_MS);
  process.exit(code);
}

/** Resolves with the exit code. */
async function run<C>(service: ServiceDefinition<C>, logger: Logger): Promise<number> {
  // Listened for from here on: a start may wait for others for long, and a signal ends it.
  const stopRequested = new Promise<undefined>((resolve) => {
    for (const signal of SIGNALS) {
      process.once(signal, () => {
        resolve(undefined);
      });
    }
  });
  let running: RunningService | undefined;
  try {
    const flags = readFlags(service);
    if (flags.help === true) return printHelp(service);
    if (flags['check-config'] === true) return printConfig(service, flags);
    const { config } = load(service, sourcesOf(service, flags));
    const started = service.start(config, environmentOf(service, flags));
    // Where it is not waited for, its failure is nobody's.
    started.catch(() => undefined);
    running = await Promise.race([started, stopRequested]);
  } catch (err) {
    reportFailedStart(err, logger);
    return 1;
  }
  if (running === undefined) {
    logger.info('stopped during the start');
    return 0;
  }
  const reload = running.reload?.bind(running);
  if (reload !== undefined) process.on('SIGHUP', reload);
  await stopRequested;
  for (const signal of SIGNALS) process.once(signal, () => process.exit(1));
  return stop(running, logger);
}

async function stop(running: RunningService, logger: Logger): Promise<number> {
  try {
    await running.stop();
    return 0;
  } catch (err) {
    logger.fatal({ err }, 'stop failed');
    return 1;
  }
}

function sourcesOf<C>(service: ServiceDefinition<C>, flags: Flags): SettingSources {
  const { sections, follows } = service;
  const environment = { ...readEnvironment(), ...switchedOn(service, flags) };
  return new SettingSources({
    environment,
    sections,
    otherServices: SERVICES_WITH_SECTIONS,
    follows,
    path: flags.config,
  });
}

function switchedOn<C>({ switches = {} }: ServiceDefinition<C>, flags: Flags): Environment {
  const on = Object.entries(switches).filter(([flag]) => flags[flag] === true);
  return Object.fromEntries(on.map(([, { setting }]) => [setting, 'true']));
}

/** @throws ConfigError with every problem at once, those of a file with their place in it */
function load<C>(service: ServiceDefinition<C>, sources: SettingSources): { readonly config: C } {
  try {
    return service.load(sources.environment);
  } catch (err) {
    throw err instanceof ConfigError ? sources.locate(err) : err;
  }
}

/** That of this process, with what it was told by flags. */
function environmentOf<C>(service: ServiceDefinition<C>, flags: Flags): Environment {
  const { config: path } = flags;
  const file = path === undefined ? {} : { [CONFIG_FILE_VARIABLE]: path };
  return { ...readEnvironment(), ...switchedOn(service, flags), ...file };
}

function printHelp<C>({ name, summary, sections, switches = {} }: ServiceDefinition<C>): number {
  const own = Object.entries(switches).map(([flag, { meaning }]) => `\n  --${flag.padEnd(FLAG_COLUMNS)}${meaning}`);
  process.stdout.write(formatHelp(`outcry ${name}: ${summary}\n\n${FLAGS_HELP}${own.join('')}`, fieldsOf(sections)));
  return 0;
}

/** For whoever tries a configuration, so its problems are no log either. */
function printConfig<C>(service: ServiceDefinition<C>, flags: Flags): number {
  try {
    const sources = sourcesOf(service, flags);
    load(service, sources);
    process.stdout.write(`${formatEffective(fieldsOf(service.sections), sources)}\n`);
    return 0;
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err;
    for (const problem of err.problems) process.stderr.write(`${service.name}: ${problem}\n`);
    return 1;
  }
}

const FLAGS_HELP = `  --help          this text
  --config FILE   take settings from a file of YAML or JSON, as OUTCRY_CONFIG_FILE does: docs/CONFIGURATION.md
  --check-config  print the effective configuration and where it comes from, without secrets, and exit`;

/** Of the text above, behind the dashes. */
const FLAG_COLUMNS = 14;

interface Flags {
  readonly help?: boolean;
  readonly config?: string;
  readonly 'check-config'?: boolean;
  readonly [name: string]: string | boolean | undefined;
}

function readFlags<C>({ switches = {} }: ServiceDefinition<C>): Flags {
  try {
    const own = Object.keys(switches).map((flag) => [flag, { type: 'boolean' }] as const);
    const options = {
      ...Object.fromEntries(own),
      help: { type: 'boolean' },
      config: { type: 'string' },
      'check-config': { type: 'boolean' },
    } as const;
    return parseArgs({ options }).values;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message.replace(/\..*/s, '') : String(cause);
    throw new ConfigError([`${problem}; try --help`]);
  }
}

/** Only what is our own fault has a stack. */
function reportFailedStart(err: unknown, logger: Logger): void {
  const isExpected = err instanceof ConfigError || err instanceof OutcryError;
  const reasons = err instanceof ConfigError ? err.problems : [err instanceof Error ? err.message : String(err)];
  for (const reason of reasons) logger.fatal(isExpected ? { reason } : { reason, err }, 'start failed');
}
