import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import {
  DOCKERFILE,
  lockedManifests,
  manifestPaths,
  ownVersions,
  readManifest,
  ROOT,
} from '../support/release-versions.ts';

describe('the version', () => {
  const { version = '' } = readManifest(`${ROOT}package.json`);

  it('is that of the root in every workspace, and of whatever they want of each other', () => {
    const found = manifestPaths().flatMap((path) =>
      ownVersions(readManifest(ROOT + path)).map((own) => [path, ...own]),
    );
    expect(found.length).toBeGreaterThan(50);
    expect(found.filter(([, , own]) => own !== version)).toEqual([]);
  });

  it('is the same in the lock file, the chart and the images', () => {
    const locked = lockedManifests().flatMap(ownVersions);
    expect(locked.length).toBeGreaterThan(50);
    expect(locked.filter(([, own]) => own !== version)).toEqual([]);
    const chart = parse(readFileSync(`${ROOT}deploy/helm/outcry/Chart.yaml`, 'utf8')) as Readonly<
      Record<string, string>
    >;
    expect([chart['version'], chart['appVersion']]).toEqual([version, version]);
    const images = [...readFileSync(DOCKERFILE, 'utf8').matchAll(/^ARG VERSION=(.+)$/gm)].map(([, own]) => own);
    expect(images.length).toBeGreaterThanOrEqual(4);
    expect(new Set(images)).toEqual(new Set([version]));
  });

  it('has its changes written down, or is to come', () => {
    const [latest] = [...readFileSync(`${ROOT}CHANGELOG.md`, 'utf8').matchAll(/^## (.+)$/gm)].map(
      ([, heading]) => heading,
    );
    expect(['Unreleased', version]).toContain(latest);
  });
});
