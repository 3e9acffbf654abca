import { boolean, optionalText, type SettingValues } from '@outcry/config';

const PATH = { pattern: /^.+$/, accepts: 'a path' };

/** What the public port serves besides sockets. */
export const SITE_SETTINGS = {
  OUTCRY_DEMO: boolean({ meaning: 'Serves the demo page on the public port.', default: false }),
  OUTCRY_DEMO_DIR: optionalText(PATH, {
    meaning: 'The folder of the built demo page; required where OUTCRY_DEMO is `true`.',
  }),
} as const;

type SiteSettings = SettingValues<typeof SITE_SETTINGS>;

/** The folder of the demo page, where it is served. */
export function demoDirectoryOf({ OUTCRY_DEMO: isServed, OUTCRY_DEMO_DIR: path }: SiteSettings): string | undefined {
  return isServed ? path : undefined;
}

export function problemsOfSite({ OUTCRY_DEMO: isServed, OUTCRY_DEMO_DIR: path }: SiteSettings): readonly string[] {
  return isServed && path === undefined ? ['OUTCRY_DEMO_DIR: required where OUTCRY_DEMO is true'] : [];
}
