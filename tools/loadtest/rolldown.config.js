import { foreignDependencies, publishable } from '@outcry/packing';
import { defineConfig } from 'rolldown';

const folder = import.meta.dirname;
const PAGE = ['charts.js', 'mark.svg', 'report.css'];

export default defineConfig({
  input: { main: 'src/main.ts', worker: 'src/worker/worker.ts' },
  platform: 'node',
  external: Object.keys(foreignDependencies(folder)),
  plugins: [
    publishable({
      folder,
      guide: '../../docs/LOADTEST.md',
      entries: {
        // Nothing to be imported: it is a command.
        exports: { './package.json': './package.json' },
        bin: { 'outcry-loadtest': './main.js' },
        imports: { '#manifest': './package.json', '#page/*': './page/*', '#worker': './worker.js' },
      },
      extras: Object.fromEntries(PAGE.map((name) => [`page/${name}`, `src/report/page/${name}`])),
    }),
  ],
  output: { dir: 'dist', format: 'esm', chunkFileNames: '[name].js', cleanDir: true },
});
