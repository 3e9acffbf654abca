import { fileURLToPath } from 'node:url';

/** Where `npm run build` puts the console: `index.html`, and hashed files under `assets/` that may be cached for good. */
export const consoleDirectory: string = fileURLToPath(new URL('../dist/', import.meta.url));
