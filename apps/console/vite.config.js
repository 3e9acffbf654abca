import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** What compression makes smaller. */
const TEXT = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest']);

/**
 * Lays a brotli and a gzip form beside each text of the built page, once, so that no gateway has to compress anything.
 *
 * @returns {import('vite').Plugin}
 */
function compressed() {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir = 'dist' }) {
      for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
        if (!TEXT.has(extname(name))) continue;
        const path = join(dir, name);
        const text = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(text));
        writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
      }
    },
  };
}

/** @type {import('vite').UserConfig} */
export default {
  base: '/console/',
  plugins: [compressed()],
  build: {
    target: 'es2023',
    // Inlined assets would be data: URLs, which the page's content security policy does not allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npm run dev` serves the page with hot reload; a gateway started with API keys and OUTCRY_INTERNAL_PORT=8081 does the rest.
    proxy: { '/api': 'http://localhost:8081' },
  },
};
