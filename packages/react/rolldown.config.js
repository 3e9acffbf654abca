import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { defineConfig } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

const HERE = import.meta.dirname;

/** What is published, as of the client: docs/decisions/0027-the-client-is-packed-from-its-build.md says why. */
function manifest() {
  const { name, version, license, type, peerDependencies, sideEffects } = JSON.parse(
    readFileSync(join(HERE, 'package.json'), 'utf8'),
  );
  return {
    name,
    version,
    description: 'React hooks for rooms, members and order books over one outcry session',
    license,
    type,
    sideEffects,
    exports: { '.': { types: './index.d.ts', default: './index.js' }, './package.json': './package.json' },
    peerDependencies,
  };
}

/** Lays beside the code what makes a folder a package. */
function publishable() {
  return {
    name: 'publishable',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'package.json', source: `${JSON.stringify(manifest(), null, 2)}\n` });
      for (const [fileName, path] of [
        ['README.md', '../../docs/REACT.md'],
        ['LICENSE', '../../LICENSE'],
      ]) {
        this.emitFile({ type: 'asset', fileName, source: readFileSync(join(HERE, path)) });
      }
    },
  };
}

export default defineConfig({
  input: 'src/index.ts',
  platform: 'neutral',
  // The page has them already, and there must be one of each.
  external: ['react', '@outcry/client'],
  plugins: [dts({ tsconfig: 'tsconfig.build.json' }), publishable()],
  output: { dir: 'dist', format: 'esm', sourcemap: true, cleanDir: true },
});
