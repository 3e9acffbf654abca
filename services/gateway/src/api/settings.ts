import { optionalText, type SettingValues } from '@outcry/config';

import type { ApiKey } from './bearer.ts';

/** Shorter than any key: of two keys with a blank between them the first is no name, and would be in the log. */
const NAME = '[a-z0-9][a-z0-9._-]{0,14}';
const ENTRY = `(${NAME} )?[^\\s,]{16,}`;
/** A name has a blank behind it, which no key has in it. */
const KEYS = {
  pattern: new RegExp(`^${ENTRY}(,${ENTRY})*$`),
  accepts:
    'keys of 16 characters or more, each perhaps behind a name of up to 15 and a blank, with commas between them',
  isList: true,
};

/** Who may use the server API. */
export const API_SETTINGS = {
  OUTCRY_API_KEYS: optionalText(KEYS, {
    meaning:
      'Any of these keys lets a server of yours use the API on the internal port: docs/SERVER-API.md. Several, so that one can be replaced; `ann 8f3c…` gives one a name for the log. Unset, and OUTCRY_API_READ_KEYS too: there is no API.',
    isSecret: true,
  }),
  OUTCRY_API_READ_KEYS: optionalText(KEYS, {
    meaning:
      'The same for whoever may look at everything, messages included, and change nothing: dashboards, who is on call.',
    isSecret: true,
  }),
} as const;

type ApiSettings = SettingValues<typeof API_SETTINGS>;

/** Each lets its bearer use the server API; without any there is none. */
export function apiKeysOf({ OUTCRY_API_KEYS: keys, OUTCRY_API_READ_KEYS: readKeys }: ApiSettings): readonly ApiKey[] {
  return [...parse(keys, true), ...parse(readKeys, false)];
}

export function problemsOfApi(settings: ApiSettings): readonly string[] {
  const keys = apiKeysOf(settings).map(({ key }) => key);
  return new Set(keys).size === keys.length
    ? []
    : [
        'OUTCRY_API_READ_KEYS: a key is there twice, here or in OUTCRY_API_KEYS: which rights it has would be a matter of order',
      ];
}

function parse(text: string | undefined, mayAct: boolean): ApiKey[] {
  return (text?.split(',') ?? []).map((entry) => {
    const [key = '', name] = entry.split(' ').reverse();
    return { key, name, mayAct };
  });
}
