import { pageConfig } from '@outcry/page/build';

/** For `npm run dev`: a gateway with API keys and OUTCRY_INTERNAL_PORT=8081. */
const INTERNAL_PORT = 'http://localhost:8081';

export default pageConfig({ base: '/console/', proxy: { '/api': INTERNAL_PORT } });
