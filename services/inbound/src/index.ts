export { type InboundConfig, type InboundSettings, loadInboundConfig } from './config/config.ts';
export { INBOUND_FOLLOWS, INBOUND_SECTIONS, INBOUND_SETTINGS } from './config/settings.ts';
