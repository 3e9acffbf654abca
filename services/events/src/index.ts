export { type EventsConfig, type EventsSettings, loadEventsConfig } from './config/config.ts';
export { EVENTS_SECTIONS, EVENTS_SETTINGS } from './config/settings.ts';
