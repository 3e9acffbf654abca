import { spawnSync } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { checkImports } from './check-imports.ts';
import type { House } from './house.ts';
import { BuiltHouse } from './testing/built-house.ts';

const SMALL_HOUSE: House = {
  'services/shop': {
    is: 'a service',
    imports: ['packages/wire'],
    testsImport: ['packages/kit'],
    floors: [
      { main: 'the program' },
      { counter: 'who is served', window: 'what is seen' },
      { 'store/redis': { is: 'over Redis', for: ['main'] } },
      { store: { is: 'what there is', doors: ['store'] } },
    ],
  },
  'services/bank': { is: 'another', imports: ['packages/wire'], floors: [{ main: 'the program' }] },
  'packages/kit': { is: 'for tests', imports: [], floors: [{ index: 'the package' }] },
  'packages/wire': { is: 'a package', imports: [], floors: [{ index: 'the package' }, { '.': 'the rest' }] },
};

function manifest(name: string, dependsOn: readonly string[] = []): string {
  const dependencies = Object.fromEntries(dependsOn.map((other) => [`@outcry/${other}`, '1.0.0']));
  return JSON.stringify({ name: `@outcry/${name}`, type: 'module', exports: './src/index.ts', dependencies });
}

/** As the map above has it: nothing is wrong with these. */
const FILES = {
  'package.json': JSON.stringify({ workspaces: ['services/*', 'packages/*'] }),
  'services/shop/package.json': manifest('shop', ['wire', 'kit']),
  'services/shop/src/main.ts':
    "import './counter/desk.ts'; import './window/pane.ts'; import './store/redis/stock.ts';",
  'services/shop/src/counter/desk.ts': "import '../store/store.ts'; import '@outcry/wire'; export const DESK = 1;",
  'services/shop/src/counter/desk.test.ts': "import './desk.ts'; import '../store/shelf.ts'; import '@outcry/kit';",
  'services/shop/src/counter/testing/customer.ts': 'export const CUSTOMER = 1;',
  'services/shop/src/window/pane.ts': 'export interface Pane {}',
  'services/shop/src/store/redis/stock.ts': "import type { Store } from '../store.ts'; export type Stock = Store;",
  'services/shop/src/store/store.ts': "import './shelf.ts'; export interface Store {}",
  'services/shop/src/store/shelf.ts': 'export const SHELF = 1;',
  'services/bank/package.json': manifest('bank', ['wire']),
  'services/bank/src/main.ts': "import '@outcry/wire';",
  'packages/kit/package.json': manifest('kit'),
  'packages/kit/src/index.ts': 'export const KIT = 1;',
  'packages/wire/package.json': manifest('wire'),
  'packages/wire/src/index.ts': "export * from './frame.ts';",
  'packages/wire/src/frame.ts': 'export const FRAME = 1;',
};

async function problemsWith(files: Readonly<Record<string, string>>, house = SMALL_HOUSE): Promise<readonly string[]> {
  using built = BuiltHouse.from({ ...FILES, ...files });
  const { problems } = await checkImports({ directory: built.directory, house });
  return problems.map(({ rule, text }) => `${rule}: ${text}`);
}

it('finds nothing wrong where imports go down', async () => {
  expect(await problemsWith({})).toEqual([]);
});

describe('an import', () => {
  const store = 'services/shop/src/store/store.ts';
  const desk = 'services/shop/src/counter/desk.ts';
  const pane = 'services/shop/src/window/pane.ts';
  const frame = 'packages/wire/src/frame.ts';

  it.each([
    ['a value', "import { DESK } from '../counter/desk.ts';"],
    ['a side effect', "import '../counter/desk.ts';"],
    ['a type', "import type { DESK } from '../counter/desk.ts';"],
    ['one type among values', "import { type DESK } from '../counter/desk.ts';"],
    ['a type in place', "export type Desk = typeof import('../counter/desk.ts');"],
    ['an export', "export * from '../counter/desk.ts';"],
    ['a module that is loaded later', "export const desk = await import('../counter/desk.ts');"],
  ])('of %s is not allowed upwards', async (_what, text) => {
    const problems = await problemsWith({ 'services/shop/src/store/shelf.ts': text, [desk]: 'export const DESK = 1;' });
    expect(problems).toContain(
      `no-arrow-up: services/shop/src/store/shelf.ts → ${desk}: imports what stands on a higher floor`,
    );
  });

  it('is not allowed from a folder into the one inside it that stands higher', async () => {
    const problems = await problemsWith({ 'services/shop/src/store/shelf.ts': "import './redis/stock.ts';" });
    expect(problems).toContain(
      'no-arrow-up: services/shop/src/store/shelf.ts → services/shop/src/store/redis/stock.ts: imports what stands on a higher floor',
    );
  });

  it('is not allowed sideways', async () => {
    expect(await problemsWith({ [pane]: "import '../counter/desk.ts';" })).toEqual([
      `no-arrow-sideways: ${pane} → ${desk}: imports what stands beside it on its floor`,
    ]);
  });

  it('is not allowed past a door, but for tests', async () => {
    expect(await problemsWith({ [pane]: "import '../store/store.ts'; import '../store/shelf.ts';" })).toEqual([
      `no-way-past-a-door: ${pane} → services/shop/src/store/shelf.ts: imports a file that is behind the doors of its folder`,
    ]);
  });

  it('is not allowed by those who are not among the guests', async () => {
    expect(await problemsWith({ [pane]: "import '../store/redis/stock.ts';" })).toEqual([
      `no-uninvited-guest: ${pane} → services/shop/src/store/redis/stock.ts: is not among those who may import this`,
    ]);
  });

  it('is not allowed in a circle, types and tests included', async () => {
    const problems = await problemsWith({
      [frame]: "import type { TAG } from './tag.ts'; export const FRAME = 1;",
      'packages/wire/src/tag.ts': "import type { FRAME } from './frame.ts'; export const TAG = 1;",
      'packages/wire/tests/a.ts': "import './b.ts';",
      'packages/wire/tests/b.ts': "import './a.ts';",
    });
    expect(problems).toEqual([
      `no-circle: ${frame} → packages/wire/src/tag.ts → ${frame}: is imported by what it imports`,
      'no-circle: packages/wire/tests/a.ts → packages/wire/tests/b.ts → packages/wire/tests/a.ts: is imported by what it imports',
    ]);
  });

  it.each(['./testing/customer.ts', './desk.test.ts'])('of %s is not allowed to production code', async (file) => {
    expect(
      await problemsWith({ [desk]: `import '${file}'; import '@outcry/wire'; import '../store/store.ts';` }),
    ).toContainEqual(
      expect.stringContaining(`no-test-in-production: ${desk} → services/shop/src/counter/${file.slice(2)}`),
    );
  });

  it('of another workspace is only allowed where the house says so, to tests as well', async () => {
    const problems = await problemsWith({
      [store]: "import '@outcry/kit';",
      'packages/wire/src/frame.test.ts': "import '@outcry/kit';",
      'packages/wire/src/index.ts': "export * from './frame.ts'; import '../../../services/bank/src/main.ts';",
    });
    const kit = 'packages/kit/src/index.ts: imports a workspace that it may not import';
    expect(problems).toContain(`no-unlisted-workspace: ${store} → ${kit}`);
    expect(problems).toContain(`no-unlisted-workspace: packages/wire/src/frame.test.ts → ${kit}`);
    expect(problems).toContain(
      'no-unlisted-workspace: packages/wire/src/index.ts → services/bank/src/main.ts: imports a workspace that it may not import',
    );
  });

  it('of a file inside another workspace is not allowed', async () => {
    const path = '../../../../packages/wire/src/frame.ts';
    expect(await problemsWith({ [pane]: `import '${path}';` })).toEqual([
      `no-way-past-exports: ${pane} → ${frame}: imports a file inside another workspace, and not the workspace`,
    ]);
    expect(await problemsWith({ [pane]: "import '@outcry/wire/src/frame.ts';" })).toEqual([
      `no-unresolved: ${pane} → @outcry/wire/src/frame.ts: imports what is not there, or is not exported`,
    ]);
  });

  it('of what is not there is not allowed', async () => {
    expect(await problemsWith({ [pane]: "import './curtain.ts';" })).toEqual([
      `no-unresolved: ${pane} → ./curtain.ts: imports what is not there, or is not exported`,
    ]);
  });
});

describe('the house', () => {
  const shop = SMALL_HOUSE['services/shop'];

  it('knows every folder, however deep, and every file that lies beside them', async () => {
    const problems = await problemsWith({
      'services/shop/src/cellar/wine.ts': '',
      'services/shop/src/counter/drawer/coin.ts': '',
      'services/shop/src/helpers.ts': '',
    });
    expect(problems).toEqual([
      'house: services/shop: services/shop/src/cellar/wine.ts is in no place of the house',
      'house: services/shop: services/shop/src/counter/drawer/coin.ts is in no place of the house',
      'house: services/shop: services/shop/src/helpers.ts is in no place of the house',
    ]);
  });

  it('knows every workspace, and none that is not there', async () => {
    const { 'services/bank': bank, ...others } = SMALL_HOUSE;
    expect(bank).toBeDefined();
    const house = { ...others, 'packages/gone': { is: 'gone', imports: [], floors: [] } };
    expect(await problemsWith({}, house)).toEqual([
      'house: services/bank: not in the house',
      'house: packages/gone: not on the disk',
    ]);
  });

  it('has nothing in it that is not there', async () => {
    expect(shop).toBeDefined();
    if (shop === undefined) return;
    const floors = [...shop.floors.slice(0, 3), { attic: 'nothing', store: { is: 'what there is', doors: ['gate'] } }];
    const house = { ...SMALL_HOUSE, 'services/shop': { ...shop, floors } };
    const problems = await problemsWith({ 'services/shop/src/store/redis/stock.ts': '' }, house);
    expect(problems.filter((problem) => problem.startsWith('house:'))).toEqual([
      'house: services/shop: there is nothing in attic',
      'house: services/shop: store has no gate',
    ]);
  });

  it('has the arrows that package.json has, each of them in use', async () => {
    const house = {
      ...SMALL_HOUSE,
      'services/bank': { is: 'another', imports: ['packages/kit'], floors: [{ main: '' }] },
    };
    expect(await problemsWith({ 'services/bank/src/main.ts': '' }, house)).toEqual([
      'house: services/bank: package.json has packages/wire, the house has not',
      'house: services/bank: package.json has no packages/kit, the house has',
      'house: services/bank: may import packages/kit, and nothing does',
    ]);
  });

  it('makes sense', async () => {
    const house: House = {
      'packages/wire': {
        is: 'a package',
        imports: ['packages/wire', 'packages/gone'],
        floors: [{ index: '', a: { is: '', for: ['b'] } }, { index: '' }],
      },
    };
    expect(await problemsWith({}, house)).toEqual([
      'house: packages/wire: imports packages/gone, which is not in the house',
      'house: packages/wire: imports packages/wire, which does not stand below it',
      'house: packages/wire: index stands on two floors',
      'house: packages/wire: b may import something, and is nowhere',
    ]);
  });

  it('lets files stand on another floor than their folder', async () => {
    expect(shop).toBeDefined();
    if (shop === undefined) return;
    const house = {
      ...SMALL_HOUSE,
      'services/shop': { ...shop, floors: [...shop.floors, { 'window/{frame,sill}': '' }] },
    };
    const files = {
      'services/shop/src/window/pane.ts': "import './frame.ts'; import './sill.ts';",
      'services/shop/src/window/frame.ts': '',
      'services/shop/src/window/sill.ts': "import type { Pane } from './pane.ts'; export type Sill = Pane;",
    };
    expect(await problemsWith(files, house)).toContain(
      'no-arrow-up: services/shop/src/window/sill.ts → services/shop/src/window/pane.ts: imports what stands on a higher floor',
    );
    expect(await problemsWith({ ...files, 'services/shop/src/window/sill.ts': '' }, house)).toEqual([]);
  });

  it('does not look at the floors of what is pending', async () => {
    using built = BuiltHouse.from({ ...FILES, 'services/shop/src/cellar/wine.ts': "import '../main.ts';" });
    const { problems } = await checkImports({
      directory: built.directory,
      house: SMALL_HOUSE,
      pending: ['services/shop'],
    });
    expect(problems).toEqual([]);
  });
});

describe('npm run check:imports', () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const repository = fileURLToPath(new URL('../../../', import.meta.url));

  // It reads every source that there is.
  it('fails where an import upwards is planted into this repository', { timeout: 180_000 }, () => {
    using copy = BuiltHouse.copyOf(repository);
    copy.write(
      'packages/protocol/src/planted.ts',
      "import type { Codec } from './codec/codec.ts'; export type X = Codec;",
    );
    const { status, stdout } = spawnSync(execPath, [main, copy.directory], { encoding: 'utf8' });
    expect(stdout).toContain('no-arrow-up: packages/protocol/src/planted.ts → packages/protocol/src/codec/codec.ts');
    expect(status).toBe(1);
  });
});
