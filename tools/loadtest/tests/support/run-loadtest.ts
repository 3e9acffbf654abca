import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ServiceProcess } from '@outcry/testkit';

import type { RunResult, ScenarioResult } from '../../src/result/run-result.ts';

/** What came of a run. */
export interface Finished {
  readonly code: number | null;
  /** Everything that it wrote to the terminal. */
  readonly said: string;
  readonly result: RunResult;
  /** Of its first scenario. */
  readonly scenario: ScenarioResult;
  /** The names of the checks of that scenario that failed. */
  readonly failed: readonly string[];
  readonly html: string;
}

/** Starts the program, and leaves it to the caller. */
export function startLoadtest(...args: readonly string[]): ServiceProcess {
  return new ServiceProcess({ entry: 'tools/loadtest/src/main.ts', args });
}

/** Runs the program to its end. */
export async function runToEnd(
  program: ServiceProcess,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const { code } = await program.exited;
  return { code, said: program.output.join('\n') };
}

/** Runs a load and reads its reports; `meanwhile` may do something to the deployment. */
export async function runLoadtest(
  args: readonly string[],
  meanwhile: (program: ServiceProcess) => Promise<void> = () => Promise.resolve(),
): Promise<Finished> {
  const folder = await mkdtemp(join(tmpdir(), 'outcry-loadtest-'));
  try {
    const [json, html] = [join(folder, 'result.json'), join(folder, 'report.html')];
    const program = startLoadtest(...args, '--json', json, '--html', html);
    const [finished] = await Promise.all([runToEnd(program), meanwhile(program)]);
    const result = await readResult(json, finished.said);
    const [scenario] = result.scenarios;
    if (scenario === undefined) throw new Error(`no scenario was run:\n${finished.said}`);
    const failed = scenario.checks.filter(({ hasPassed }) => !hasPassed).map(({ name }) => name);
    return { ...finished, result, scenario, failed, html: await readFile(html, 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readResult(file: string, said: string): Promise<RunResult> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as RunResult;
  } catch (cause) {
    throw new Error(`there is no result. The program said:\n${said}`, { cause });
  }
}
