export { accountsConfigOf } from './identity/auth-config.ts';
export { type GatewayConfig, loadGatewayConfig } from './config/config.ts';
export { GATEWAY_SECTIONS, GATEWAY_SETTINGS, type GatewaySettings } from './config/settings.ts';
export { createGateway, type Gateway } from './gateway.ts';
export type { GatewayOptions } from './ports.ts';
