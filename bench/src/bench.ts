import { hasRedisServer, RedisProcess, startRedis } from '@outcry/testkit';

import { type Contestant, UnavailableError } from './contestants/contestant.ts';
import { CONTESTANTS } from './contestants/index.ts';
import { EXPERIMENTS } from './experiments/index.ts';
import { describeMachine } from './measure/machine.ts';
import { Scope } from './measure/scope.ts';
import type { Options } from './options.ts';
import { writeResults } from './report/results.ts';
import { formatReport } from './report/table.ts';

export interface RunPlace {
  readonly folder: string;
  /** What has to be typed to run it again. */
  readonly command: string;
}

/** Runs the chosen experiments, prints a table of each and writes it down. */
export async function runBench(options: Options, { folder, command }: RunPlace): Promise<void> {
  const startedAt = performance.now();
  const progress = (line: string): void => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    process.stderr.write(`${String(seconds).padStart(5)} s  ${line}\n`);
  };
  const { contestants, versions } = await prepare(options.contestants, progress);
  await Scope.run(async (scope) => {
    const redis = scope.hold(hasRedisServer() ? await RedisProcess.start() : await startRedis());
    const context = { redisUrl: redis.url, contestants, isQuick: options.isQuick, rounds: options.rounds, progress };
    for (const { name, run } of EXPERIMENTS.filter((experiment) => options.experiments.includes(experiment.name))) {
      const report = await run(context);
      process.stdout.write(`\n${formatReport(report)}\n`);
      const at = new Date().toISOString();
      await writeResults(folder, name, { ...report, at, command, machine: describeMachine(), versions });
    }
  });
}

interface Field {
  readonly contestants: readonly Contestant[];
  readonly versions: Readonly<Record<string, string>>;
}

/** Those that can take part here. Whoever cannot is named, with the reason. */
async function prepare(names: readonly string[], progress: (line: string) => void): Promise<Field> {
  const contestants: Contestant[] = [];
  const versions: Record<string, string> = {};
  for (const contestant of CONTESTANTS.filter(({ name }) => names.includes(name))) {
    try {
      versions[contestant.name] = await contestant.prepare();
      contestants.push(contestant);
    } catch (err) {
      if (!(err instanceof UnavailableError)) throw err;
      versions[contestant.name] = `skipped: ${err.message}`;
      progress(`${contestant.label} is skipped: ${err.message}`);
    }
  }
  return { contestants, versions };
}
