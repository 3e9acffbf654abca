import type { SettingFields } from './settings.ts';

/**
 * Settings by the place of the folder that owns them, such as `gateway.rooms`: there they stand in a file. The first part is
 * the service, or `service` for what all have.
 */
export type Sections = Readonly<Record<string, SettingFields>>;

type Intersection<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void ? I : never;

/** The settings of all sections, by their variables. */
export type FieldsOf<S extends Sections> = {
  readonly [K in keyof Intersection<S[keyof S]>]: Intersection<S[keyof S]>[K];
};

export function fieldsOf<const S extends Sections>(sections: S): FieldsOf<S> {
  return Object.assign({}, ...Object.values(sections)) as FieldsOf<S>;
}

/** The same sections, with other fields where `fields` has one of the same name. */
export function withFields(sections: Sections, fields: SettingFields): Sections {
  const all: Readonly<Record<string, SettingFields[keyof SettingFields]>> = fields;
  return Object.fromEntries(
    Object.entries(sections).map(([section, own]) => [
      section,
      Object.fromEntries(Object.entries(own).map(([name, field]) => [name, all[name] ?? field])),
    ]),
  );
}

export interface Place {
  readonly section: string;
  /** Its name in the section. */
  readonly key: string;
}

/** Where each setting stands in a file, by its variable. */
export function placesOf(sections: Sections): ReadonlyMap<string, Place> {
  const places = Object.entries(sections).flatMap(([section, fields]) =>
    Object.keys(fields).map((name) => [name, { section, key: keyOf(name, section) }] as const),
  );
  return new Map(places);
}

export function formatPlace({ section, key }: Place): string {
  return `${section}.${key}`;
}

/** `OUTCRY_FEED_BINANCE_DEPTH` in `feedPublisher.sources.binance` is `depth`: what the section says already is left out. */
function keyOf(name: string, section: string): string {
  const said = new Set(wordsOf(section).map(singular));
  const words = name
    .replace(/^OUTCRY_/, '')
    .toLowerCase()
    .split('_');
  const first = words.findIndex((word) => !said.has(singular(word)));
  const [head = '', ...tail] = first < 0 ? words.slice(-1) : words.slice(first);
  return head + tail.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function wordsOf(section: string): readonly string[] {
  return section.replace(/[A-Z]/g, ' $&').toLowerCase().split(/[. ]/);
}

function singular(word: string): string {
  return word.replace(/s$/, '');
}
