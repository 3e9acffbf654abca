import manifest from '../package.json' with { type: 'json' };

/** Of all that is outcry: its packages are released together. */
export const VERSION = manifest.version;
