import { pageConfig } from '@outcry/page/build';

/** For `npm run dev`: a gateway with API keys and OUTCRY_INTERNAL_PORT=8081. */
const INTERNAL_PORT = 'localhost:8081';

export default pageConfig({
  base: '/console/',
  proxy: {
    '/api': `http://${INTERNAL_PORT}`,
    '/console/live': { target: `ws://${INTERNAL_PORT}`, ws: true },
  },
});
