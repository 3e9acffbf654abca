import { readdir, readFile, writeFile } from 'node:fs/promises';

import { expect, it } from 'vitest';

import { lintPackage } from './support/lint-package.ts';
import { OutsideProject } from './support/outside-project.ts';

const GUIDE = new URL('../../docs/REACT.md', import.meta.url);

it('@outcry/react installs beside the client, as one module with types that docs/REACT.md, publint and attw pass under', async () => {
  await using project = await OutsideProject.create('client', 'react');
  expect((await readdir(project.path('node_modules/@outcry'))).toSorted()).toEqual(['client', 'react']);
  const files = await readdir(project.path('node_modules/@outcry/react'));
  expect(files.toSorted()).toEqual(['LICENSE', 'README.md', 'index.d.ts', 'index.js', 'index.js.map', 'package.json']);
  const code = await readFile(project.path('node_modules/@outcry/react/index.js'), 'utf8');
  const imported = [...code.matchAll(/^import\b.*\bfrom "(.+)"/gm)].map(([, name]) => name);
  expect(imported.toSorted()).toEqual(['@outcry/client', 'react']);

  expect(await lintPackage(project.tarball('react'))).toEqual([]);

  const guide = await readFile(GUIDE, 'utf8');
  const blocks = [...guide.matchAll(/```tsx\n([^]*?)```/g)].map(([, block = '']) => block);
  expect(blocks.length).toBeGreaterThan(1);
  const sources = blocks.map((_, index) => `src/guide-${String(index)}.tsx`);
  await Promise.all(blocks.map((block, index) => writeFile(project.path(sources[index] ?? ''), block)));
  await project.lend('@types/react');
  await project.compile('react', sources);
});
