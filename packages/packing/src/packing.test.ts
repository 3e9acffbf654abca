import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { foreignDependencies, publishedManifest } from './manifest.ts';
import { noticesFor } from './notices.ts';

const WORKSPACE = {
  name: '@outcry/thing',
  version: '1.2.3',
  private: true,
  description: 'a thing',
  keywords: ['thing'],
  license: 'Apache-2.0',
  type: 'module',
  engines: { node: '>=22' },
  scripts: { build: 'rolldown -c' },
  dependencies: { '@outcry/protocol': '1.2.3', ws: '8.0.0' },
  devDependencies: { rolldown: '1.0.0' },
};

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'packing-'));
  folder = join(root, 'tools/thing');
  write('package-lock.json', {});
  write('package.json', { name: 'all' });
  write('tools/thing/package.json', WORKSPACE);
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(path: string, content: unknown): string {
  const whole = join(root, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, typeof content === 'string' ? content : JSON.stringify(content));
  return whole;
}

describe('the manifest that is published', () => {
  it('has what readers look for, wants nothing of the project itself, and is not private', () => {
    expect(publishedManifest(folder, { bin: { thing: './main.js' } }, ['main.js', 'LICENSE'])).toEqual({
      name: '@outcry/thing',
      version: '1.2.3',
      description: 'a thing',
      keywords: ['thing'],
      license: 'Apache-2.0',
      type: 'module',
      bin: { thing: './main.js' },
      files: ['LICENSE', 'main.js'],
      engines: { node: '>=22' },
      dependencies: { ws: '8.0.0' },
    });
    expect(foreignDependencies(folder)).toEqual({ ws: '8.0.0' });
  });

  it('says where the sources are, once the root does', () => {
    const repository = { type: 'git', url: 'git+https://git.example.org/all.git' };
    write('package.json', { name: 'all', repository });
    expect(publishedManifest(folder, {}, [])).toMatchObject({
      repository: { ...repository, directory: 'tools/thing' },
    });
  });

  it('is refused to a workspace that says too little of itself', () => {
    const { description: _, keywords: __, ...rest } = WORKSPACE;
    write('tools/thing/package.json', rest);
    expect(() => publishedManifest(folder, {}, [])).toThrow('has description, keywords as well');
  });
});

describe('notices', () => {
  it('hold the licence of each package that is bundled, once, and nothing of the project itself', () => {
    write('node_modules/b/package.json', { name: 'b', version: '2.0.0', license: 'MIT' });
    write('node_modules/b/license.md', 'Do as you like.\n');
    // Says only what its files are.
    write('node_modules/b/esm/package.json', { type: 'module' });
    const modules = [write('node_modules/b/esm/index.js', ''), write('node_modules/b/more.js', '')];
    expect(noticesFor([join(folder, 'src/main.ts'), ...modules])).toBe('b 2.0.0 (MIT)\n\nDo as you like.\n');
    expect(noticesFor([join(folder, 'src/main.ts')])).toBe('');
  });

  it('are refused where there is no text', () => {
    write('node_modules/c/package.json', { name: 'c', version: '1.0.0', license: 'MIT' });
    expect(() => noticesFor([write('node_modules/c/index.js', '')])).toThrow('c is bundled, and has no text');
  });
});
