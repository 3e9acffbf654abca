export { type InboundConfig, type InboundSettings, loadInboundConfig } from './config/config.ts';
export { INBOUND_SETTINGS } from './config/settings.ts';
