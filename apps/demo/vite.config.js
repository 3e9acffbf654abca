/** @type {import('vite').UserConfig} */
export default {
  build: {
    target: 'es2023',
    // Inlined assets would be data: URLs, which the page's content security policy does not allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npm run dev` serves the page with hot reload; a gateway started by `npm start` does the rest.
    proxy: {
      '/ws': { target: 'ws://localhost:1337', ws: true },
      '/auth': 'http://localhost:1337',
      '/doors.json': 'http://localhost:1337',
    },
  },
};
