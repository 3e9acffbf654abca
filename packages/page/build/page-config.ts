import { fileURLToPath } from 'node:url';

import type { ServerOptions, UserConfig } from 'vite';

import { compressed } from './compressed.ts';

export interface PageOptions {
  /** Where the page stands at its origin: begins and ends with a slash. At the root where it is left out. */
  readonly base?: string;
  /** `npm run dev` serves the page with hot reload; who answers the rest, by the beginnings of their paths. */
  readonly proxy: NonNullable<ServerOptions['proxy']>;
}

/** How Vite builds a page of this project: for its own content security policy, and with nothing left to do for who serves it. */
export function pageConfig({ base = '/', proxy }: PageOptions): UserConfig {
  return {
    base,
    publicDir: fileURLToPath(new URL('../public/', import.meta.url)),
    plugins: [compressed()],
    build: {
      target: 'es2023',
      // Inlined assets would be data: URLs, which the page's content security policy does not allow.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    server: { proxy },
  };
}
