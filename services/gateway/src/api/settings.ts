import { optionalText, type SettingValues } from '@outcry/config';
import { API_KEYS } from '@outcry/service';

/** Who may use the server API. */
export const API_SETTINGS = {
  OUTCRY_API_KEYS: optionalText(API_KEYS, {
    meaning:
      'Any of these keys lets a server of yours use the API on the internal port: docs/SERVER-API.md. Several, so that one can be replaced. Unset: there is no API.',
    isSecret: true,
  }),
} as const;

/** Each lets its bearer use the server API; without any there is none. */
export function apiKeysOf({ OUTCRY_API_KEYS: keys }: SettingValues<typeof API_SETTINGS>): readonly string[] {
  return keys?.split(',') ?? [];
}
