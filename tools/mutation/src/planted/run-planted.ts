import { readFileSync } from 'node:fs';
import { stdout } from 'node:process';

import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';
import { plantInSource } from './plant-in-source.ts';
import { runTest } from './run-test.ts';

export interface PlantedRun {
  readonly root: string;
  /** The name of a fault, or of its beginning; undefined for all. */
  readonly name: string | undefined;
}

/** Plants the faults of the list, one at a time, and tells whether the test that is named for each still notices it. */
export async function runPlanted({ root, name = '' }: PlantedRun): Promise<boolean> {
  const faults = FAULTS.filter((fault) => fault.name.startsWith(name));
  if (faults.length === 0) throw new Error(`no fault is called like ${name}`);
  let isPassed = true;
  for (const fault of faults) {
    const problem = await findProblem(root, fault);
    stdout.write(`${problem === undefined ? 'caught' : 'WRONG '}  ${fault.name}: ${problem ?? fault.test.name}\n`);
    isPassed &&= problem === undefined;
  }
  return isPassed;
}

async function findProblem(root: string, fault: Fault): Promise<string | undefined> {
  const source = readFileSync(`${root}/${fault.file}`, 'utf8');
  if (plantInSource(source, fault) === undefined) return `cannot be planted any more in ${fault.file}`;
  const sound = await runTest(root, fault.test, undefined);
  if (sound !== 'passed') return `${fault.test.file}: with nothing planted its test has ${sound}`;
  const planted = await runTest(root, fault.test, fault);
  return planted === 'failed' ? undefined : `nobody notices: its test has ${planted}`;
}
