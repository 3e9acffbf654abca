import { globSync, readFileSync } from 'node:fs';
import { stdout } from 'node:process';
import { findMutants } from './find-mutants.ts';
import { plant } from './plant.ts';
import { findProblems, formatResults, type ScriptResult } from './report.ts';
import { State } from './state.ts';
import { suitesOf } from './suites.ts';
import { SURVIVORS } from './survivors.ts';
import { TestBench } from './test-bench.ts';

const SCRIPTS = 'packages/broker/src/';
/** More are quicker, and tell later. */
const MUTANTS_PER_RUN = 12;

export interface LuaRun {
  readonly root: string;
  /** A part of a script's name or of its file's; undefined for all. */
  readonly script: string | undefined;
  /** Forgets what earlier runs have found. */
  readonly isAnew: boolean;
}

/** Plants faults in the scripts that run in Redis, one at a time, and tells which of them no test notices. */
export async function runLua({ root, script, isAnew }: LuaRun): Promise<boolean> {
  const files = globSync(`${SCRIPTS}**/*.lua.ts`, { cwd: root }).filter((file) =>
    [file, nameOf(file)].some((name) => name.includes(script ?? '')),
  );
  if (files.length === 0) throw new Error(`no script is called like ${String(script)}`);
  const state = new State(`${root}/artifacts/mutation/lua`, isAnew);
  const bench = await TestBench.open(root);
  const results: ScriptResult[] = [];
  try {
    for (const file of files.sort()) results.push(await tryScript({ bench, state, root }, file));
  } finally {
    await bench.close();
  }
  const problems = findProblems(results, SURVIVORS);
  stdout.write(`\n${formatResults(results)}\n${problems.map((problem) => `\n${problem}`).join('')}\n`);
  return problems.length === 0;
}

/** As in `rooms/publish-messages`, which is what reports call it. */
function nameOf(file: string): string {
  return file.slice(SCRIPTS.length).replace('/scripts/', '/').replace('.lua.ts', '');
}

interface Workshop {
  readonly bench: TestBench;
  readonly state: State;
  readonly root: string;
}

async function tryScript({ bench, state, root }: Workshop, file: string): Promise<ScriptResult> {
  const script = nameOf(file);
  const suites = suitesOf(script);
  if (suites === undefined) throw new Error(`${file}: no tests are named for it`);
  const source = readFileSync(`${root}/${file}`, 'utf8');
  const noticed = new Map(state.noticed(script, source));
  const survivors: string[] = [];
  stdout.write(`\n${script}: `);
  const [failure] = await bench.run([{ id: 0, from: [], holes: [], to: '' }], suites);
  if (failure !== undefined) throw new Error(`fails with nothing planted: ${failure}`);
  const mutants = findMutants(source).filter(({ name }) => !noticed.has(name));
  for (let start = 0; start < mutants.length; start += MUTANTS_PER_RUN) {
    const batch = mutants.slice(start, start + MUTANTS_PER_RUN);
    const planted = batch.map(({ edit }, i) => ({ id: start + i + 1, ...plant(source, edit) }));
    const tests = await bench.run(planted, suites);
    for (const [i, { name }] of batch.entries()) {
      const test = tests[i];
      stdout.write(test === undefined ? 'S' : '.');
      if (test === undefined) survivors.push(name);
      else noticed.set(name, test);
    }
    state.keep(script, source, noticed);
  }
  return { script, noticed, survivors };
}
