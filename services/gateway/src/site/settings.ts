import { boolean, optionalText, type SettingValues } from '@outcry/config';

const PATH = { pattern: /^.+$/, accepts: 'a path' };

/** What the ports serve besides sockets and requests. */
export const SITE_SETTINGS = {
  OUTCRY_DEMO: boolean({ meaning: 'Serves the demo page on the public port.', default: false }),
  OUTCRY_DEMO_DIR: optionalText(PATH, {
    meaning: 'The folder of the built demo page; required where OUTCRY_DEMO is `true`.',
  }),
  OUTCRY_CONSOLE: boolean({
    meaning:
      'Serves the console on the internal port, at `/console/`: docs/CONSOLE.md. Who uses it needs a key of the API.',
    default: false,
  }),
  OUTCRY_CONSOLE_DIR: optionalText(PATH, {
    meaning: 'The folder of the built console; required where OUTCRY_CONSOLE is `true`.',
  }),
} as const;

type SiteSettings = SettingValues<typeof SITE_SETTINGS>;

/** The folder of the demo page, where it is served. */
export function demoDirectoryOf({ OUTCRY_DEMO: isServed, OUTCRY_DEMO_DIR: path }: SiteSettings): string | undefined {
  return isServed ? path : undefined;
}

/** The same of the console. */
export function consoleDirectoryOf({
  OUTCRY_CONSOLE: isServed,
  OUTCRY_CONSOLE_DIR: path,
}: SiteSettings): string | undefined {
  return isServed ? path : undefined;
}

export function problemsOfSite(settings: SiteSettings): readonly string[] {
  return (['OUTCRY_DEMO', 'OUTCRY_CONSOLE'] as const)
    .filter((name) => settings[name] && settings[`${name}_DIR`] === undefined)
    .map((name) => `${name}_DIR: required where ${name} is true`);
}
