export { pageConfig, type PageOptions } from './page-config.ts';
