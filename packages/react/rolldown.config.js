import { publishable } from '@outcry/packing';
import { defineConfig } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

const pack = publishable({
  folder: import.meta.dirname,
  guide: '../../docs/REACT.md',
  entries: { exports: { '.': { types: './index.d.ts', default: './index.js' }, './package.json': './package.json' } },
});

export default defineConfig({
  input: 'src/index.ts',
  platform: 'neutral',
  // The page has them already, and there must be one of each.
  external: ['react', '@outcry/client'],
  plugins: [dts({ tsconfig: 'tsconfig.build.json' }), pack],
  output: { dir: 'dist', format: 'esm', sourcemap: true, cleanDir: true },
});
