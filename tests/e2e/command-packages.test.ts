import { execFile } from 'node:child_process';
import { access, constants, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { type GatewayProcess, startStandalone } from '@outcry/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { lintPackage } from './support/lint-package.ts';
import { OutsideProject } from './support/outside-project.ts';

/** What readers of a registry look for, beside what npm itself insists on. */
const FIELDS = ['description', 'keywords', 'license', 'engines', 'files'];

let standalone: GatewayProcess;
let project: OutsideProject;
beforeAll(async () => {
  [standalone, project] = await Promise.all([startStandalone(), OutsideProject.create('cli', 'loadtest')]);
});
afterAll(async () => {
  await Promise.all([standalone[Symbol.asyncDispose](), project[Symbol.asyncDispose]()]);
});

/** A command by the name under which npm has installed it. */
async function run(command: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(project.path('node_modules/.bin', command), words, {
    cwd: project.folder,
  });
  return stdout;
}

it.each(['cli', 'loadtest'] as const)(
  '@outcry/%s is a package that publint and attw are content with',
  async (name) => {
    expect(await lintPackage(project.tarball(name))).toEqual([]);
    const folder = project.path('node_modules/@outcry', name);
    const manifest = JSON.parse(await readFile(`${folder}/package.json`, 'utf8')) as Record<string, unknown>;
    expect(Object.keys(manifest)).toEqual(expect.arrayContaining(FIELDS));
    // A command, and nothing to import.
    expect(manifest['exports']).toEqual({ './package.json': './package.json' });
    for (const file of manifest['files'] as readonly string[]) await access(`${folder}/${file}`, constants.R_OK);
    expect(await readFile(`${folder}/README.md`, 'utf8')).toMatch(/^# /);
  },
);

it('outcry publishes from where it is installed', async () => {
  const told = await run('outcry', '-u', standalone.url, '-t', 'ann', '--json', 'publish', 'packed', 'hello');
  expect(JSON.parse(told)).toMatchObject({ seq: 1 });
});

it('outcry-loadtest runs its workers and writes its report from where it is installed', async () => {
  const report = project.path('report.html');
  const load = ['--connections', '10', '--rate', '20', '--duration', '1s', '--ramp', '100ms', '--settle', '500ms'];
  await run('outcry-loadtest', 'fan-out', '-u', standalone.url, ...load, '--html', report);
  const page = await readFile(report, 'utf8');
  // Its script, its charts' library and what there was to draw.
  for (const part of ['<title>Passed: fan-out', 'new uPlot(', 'var uPlot', '"scenario":"fan-out"']) {
    expect(page).toContain(part);
  }
});
