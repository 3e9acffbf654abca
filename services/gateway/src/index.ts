export { accountsConfigOf } from './identity/auth-config.ts';
export { type GatewayConfig, type GatewaySettings, loadGatewayConfig } from './config/config.ts';
export { GATEWAY_SETTINGS } from './config/settings.ts';
export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts';
