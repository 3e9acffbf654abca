import { foreignDependencies, publishable } from '@outcry/packing';
import { defineConfig } from 'rolldown';

const folder = import.meta.dirname;

export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  external: Object.keys(foreignDependencies(folder)),
  plugins: [
    publishable({
      folder,
      guide: '../../docs/CLI.md',
      // Nothing to be imported: it is a command.
      entries: { exports: { './package.json': './package.json' }, bin: { outcry: './main.js' } },
    }),
  ],
  output: { dir: 'dist', format: 'esm', cleanDir: true },
});
