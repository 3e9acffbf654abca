import { readFileSync } from 'node:fs';

import semver from 'semver';
import { describe, expect, it } from 'vitest';

interface Package {
  readonly engines?: { readonly node?: string };
}

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };

describe('the Nodes that the project is installed with', () => {
  it('are those that README names', () => {
    const [, ...named] = /Needs Node ([\d.]+), ([\d.]+) or (\d+), or newer, with npm/.exec(read('README.md')) ?? [];
    const [older, old, newest] = named;
    expect(engines.node).toBe(`^${String(older)}.0 || ^${String(old)}.0 || >=${String(newest)}.0.0`);
  });

  it('are right for every package, so that npm warns of none', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Readonly<Record<string, Package>> };
    const picky = Object.entries(packages).flatMap(([name, { engines: { node } = {} }]) =>
      node === undefined || semver.subset(engines.node, node) ? [] : [`${name} wants ${node}`],
    );
    expect(Object.keys(packages).length).toBeGreaterThan(100);
    expect(picky).toEqual([]);
  });
});
