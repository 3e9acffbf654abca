export { byId, type Child, h, setText } from './dom.ts';
