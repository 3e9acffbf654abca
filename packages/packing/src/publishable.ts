import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Plugin } from 'rolldown';

import { type Entries, publishedManifest } from './manifest.ts';
import { noticesFor } from './notices.ts';

export interface PublishableOptions {
  /** Of the workspace. */
  readonly folder: string;
  /** What its readers see first, from the workspace's folder. */
  readonly guide: string;
  /** How it is entered, as its manifest says it. */
  readonly entries: Entries;
  /** Files that go along as they are: where they lie, by where they are to lie. */
  readonly extras?: Readonly<Record<string, string>>;
}

const NOTICES = 'THIRD-PARTY-NOTICES.txt';

/** Lays beside the code what makes a folder a package: docs/decisions/0027-the-client-is-packed-from-its-build.md says why. */
export function publishable({ folder, guide, entries, extras = {} }: PublishableOptions): Plugin {
  return {
    name: 'publishable',
    generateBundle(_, bundle) {
      const beside = { 'README.md': guide, LICENSE: '../../LICENSE', ...extras };
      for (const [fileName, path] of Object.entries(beside)) {
        this.emitFile({ type: 'asset', fileName, source: readFileSync(join(folder, path)) });
      }
      const chunks = Object.values(bundle).filter((part) => part.type === 'chunk');
      const notices = noticesFor(chunks.flatMap(({ moduleIds }) => moduleIds));
      if (notices !== '') this.emitFile({ type: 'asset', fileName: NOTICES, source: notices });
      const code = chunks.flatMap(({ fileName, map }) => (map === null ? [fileName] : [fileName, `${fileName}.map`]));
      const files = [...code, ...Object.keys(beside), ...(notices === '' ? [] : [NOTICES])];
      const manifest = publishedManifest(folder, entries, files);
      this.emitFile({ type: 'asset', fileName: 'package.json', source: `${JSON.stringify(manifest, null, 2)}\n` });
    },
  };
}
