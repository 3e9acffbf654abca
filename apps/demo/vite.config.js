import { pageConfig } from '@outcry/page/build';

/** For `npm run dev`: what `npm start` has started. */
const GATEWAY = 'localhost:1337';

export default pageConfig({
  proxy: {
    '/ws': { target: `ws://${GATEWAY}`, ws: true },
    '/auth': `http://${GATEWAY}`,
    '/doors.json': `http://${GATEWAY}`,
  },
});
