import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

import { type Invocation, STANDARD_OUTPUT } from './cli/invocation.ts';
import type { Plan } from './plan/plan.ts';
import { describeMachine } from './report/machine.ts';
import { renderReport } from './report/render-report.ts';
import type { RunResult, ScenarioResult } from './result/run-result.ts';
import { ExitCode } from './run/exit-code.ts';
import { prepare } from './run/prepare.ts';
import type { ProgressObserver } from './run/progress-observer.ts';
import { runScenario } from './run/run-scenario.ts';
import { ProgressBar } from './terminal/progress-bar.ts';
import { ProgressLines } from './terminal/progress-lines.ts';
import { describeResult } from './terminal/summary.ts';

export interface LoadtestOptions {
  readonly invocation: Invocation;
  /** As it was typed, for the report; without tokens. */
  readonly command: string;
  readonly version: string;
  /** Ends the load of the running scenario, and leaves out those after it. */
  readonly signal: AbortSignal;
}

const SILENT: ProgressObserver = {
  entered: () => undefined,
  sampled: () => undefined,
  ended: () => undefined,
};

/**
 * Runs the scenarios one after the other, and reports.
 *
 * @throws UsageError where the run cannot begin
 */
export async function runLoadtest({ invocation, signal, ...about }: LoadtestOptions): Promise<ExitCode> {
  const startedAt = new Date().toISOString();
  const { plans, access } = await prepare(invocation, randomBytes(4).toString('hex'));
  const scenarios: ScenarioResult[] = [];
  for (const plan of plans) {
    const observer = createObserver(plan, invocation);
    const result = await runScenario({ plan, access, thresholds: invocation.thresholds, observer, signal });
    scenarios.push(result);
    if (!invocation.isQuiet) process.stderr.write(`${describeResult(result)}\n`);
    if (signal.aborted) break;
  }
  const hasPassed = scenarios.every((result) => result.hasPassed);
  const machine = describeMachine();
  await writeOutputs(
    { tool: 'outcry-loadtest', format: 2, ...about, startedAt, machine, hasPassed, scenarios },
    invocation,
  );
  if (!hasPassed) return ExitCode.Failed;
  return signal.aborted ? ExitCode.Interrupted : ExitCode.Passed;
}

function createObserver(plan: Plan, { isQuiet }: Invocation): ProgressObserver {
  if (isQuiet) return SILENT;
  if (process.stderr.isTTY) return new ProgressBar(plan, process.stderr);
  return new ProgressLines(plan, process.stderr);
}

async function writeOutputs(result: RunResult, { htmlFile, jsonFile, isQuiet }: Invocation): Promise<void> {
  if (jsonFile === STANDARD_OUTPUT) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  else if (jsonFile !== undefined) await writeFile(jsonFile, `${JSON.stringify(result, undefined, 2)}\n`);
  if (htmlFile !== undefined) await writeFile(htmlFile, await renderReport(result));
  if (!isQuiet && htmlFile !== undefined) process.stderr.write(`report: ${htmlFile}\n`);
}
