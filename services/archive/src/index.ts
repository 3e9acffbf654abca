export { type ArchiveConfig, type ArchiveSettings, loadArchiveConfig } from './config/config.ts';
export { ARCHIVE_SECTIONS, ARCHIVE_SETTINGS } from './config/settings.ts';
export { EmbeddedArchive, type EmbeddedArchiveOptions } from './embedded/embedded-archive.ts';
