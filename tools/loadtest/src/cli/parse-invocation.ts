import type { CommanderError } from 'commander';
import { type Command } from 'commander';

import type { LoadRequest } from '../plan/load-request.ts';
import type { EncodingMix, Rate } from '../plan/plan.ts';
import type { Scenario } from '../plan/scenario.ts';
import { SCENARIOS } from '../plan/scenario.ts';
import type { Thresholds } from '../verdict/thresholds.ts';
import { ALL_SCENARIOS, createCommand } from './command.ts';
import type { Invocation } from './invocation.ts';

/** Options by the names that commander makes of their flags. */
interface RawOptions {
  readonly url?: readonly string[];
  readonly token?: string;
  readonly tokenFile?: string;
  readonly insecure?: boolean;
  readonly connections?: number;
  readonly rate?: Rate;
  readonly duration: number;
  readonly ramp: number;
  readonly settle: number;
  readonly size?: number;
  readonly encoding: EncodingMix;
  readonly workers?: number;
  readonly rooms?: number;
  readonly publishers?: number;
  readonly symbols?: readonly string[];
  readonly depth: number;
  readonly interval: number;
  readonly books: number;
  readonly stay: number;
  readonly away: number;
  readonly slowShare: number;
  readonly slowPause: number;
  readonly maxP50?: number;
  readonly maxP99?: number;
  readonly maxP999?: number;
  readonly maxAckP99?: number;
  readonly maxConnectP99?: number;
  readonly maxAbsent: number;
  readonly maxUnsent: number;
  readonly maxUnacknowledged: number;
  readonly maxSilence: number;
  readonly maxStale: number;
  readonly maxErrors: number;
  readonly maxGaps: number;
  readonly minThroughput?: number;
  readonly html?: string;
  readonly json?: string;
  readonly quiet?: boolean;
}

/**
 * Reads a command line, without the program's own name.
 *
 * @throws CommanderError where it is wrong (after saying so), and where help was asked for (after giving it)
 */
export function parseInvocation(args: readonly string[], command: Command = createCommand()): Invocation {
  command.exitOverride();
  command.parse(args, { from: 'user' });
  const options = command.opts<RawOptions>();
  const problem = findProblem(options);
  if (problem !== undefined) command.error(`error: ${problem}`, { exitCode: 1, code: 'outcry.options' });
  return {
    scenarios: scenariosOf(command.processedArgs[0]),
    load: loadOf(options),
    thresholds: thresholdsOf(options),
    ...present({
      token: options.token,
      tokenFile: options.tokenFile,
      htmlFile: options.html,
      jsonFile: options.json,
      isInsecure: options.insecure ?? false,
      isQuiet: options.quiet ?? false,
    }),
  };
}

/** Whether commander has ended without an error: help was asked for, and given. */
export function isHelp(error: CommanderError): boolean {
  return error.exitCode === 0;
}

function findProblem({ url, token, tokenFile }: RawOptions): string | undefined {
  if (url === undefined) return 'no target: say where the gateway is, such as --url ws://localhost:1337/ws';
  if (token !== undefined && tokenFile !== undefined) return '--token and --token-file exclude each other';
  return undefined;
}

function scenariosOf(named: unknown): readonly Scenario[] {
  const names: readonly unknown[] = Array.isArray(named) ? named : [];
  if (names.includes(ALL_SCENARIOS)) return SCENARIOS;
  return SCENARIOS.filter((scenario) => names.includes(scenario));
}

function loadOf(options: RawOptions): LoadRequest {
  return {
    urls: options.url ?? [],
    durationMs: options.duration,
    rampMs: options.ramp,
    settleMs: options.settle,
    encoding: options.encoding,
    depth: options.depth,
    intervalMs: options.interval,
    booksPerConnection: options.books,
    stayMs: options.stay,
    awayMs: options.away,
    slowShare: options.slowShare,
    slowPauseMs: options.slowPause,
    ...present({
      connections: options.connections,
      rate: options.rate,
      rooms: options.rooms,
      publishers: options.publishers,
      sizeBytes: options.size,
      workers: options.workers,
      symbols: options.symbols,
    }),
  };
}

function thresholdsOf(options: RawOptions): Thresholds {
  return {
    maxAbsent: options.maxAbsent,
    maxUnsentShare: options.maxUnsent,
    maxUnacknowledgedShare: options.maxUnacknowledged,
    maxSilenceMs: options.maxSilence,
    maxStaleMs: options.maxStale,
    maxErrors: options.maxErrors,
    maxGaps: options.maxGaps,
    ...present({
      maxP50Ms: options.maxP50,
      maxP99Ms: options.maxP99,
      maxP999Ms: options.maxP999,
      maxAckP99Ms: options.maxAckP99,
      maxConnectP99Ms: options.maxConnectP99,
      minThroughput: options.minThroughput,
    }),
  };
}

/** The fields that have a value: `exactOptionalPropertyTypes` tells absent from undefined. */
function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
