import type { Node } from 'yaml';
import { z } from 'zod';

import { formatPlace, type Place, placesOf, type Sections } from '../sections.ts';
import { describeSettings, type SettingDescription, type SettingFields } from '../settings.ts';
import { ConfigDocument, type Entry } from './document.ts';
import { nearestOf } from './nearest.ts';
import { structureProblems } from './structure-problems.ts';
import { textOf } from './read-value.ts';

/** JSON files say by it which schema they have; YAML files say it in a comment. */
const SCHEMA_KEY = '$schema';
const MAX_SHOWN = 40;

/** A value that stands in a file. */
export interface FileValue {
  /** As the environment would have it. */
  readonly text: string;
  /** `gateway.rooms.rules` */
  readonly key: string;
  readonly node: Node;
}

export interface ConfigFile {
  readonly document: ConfigDocument;
  /** By variable. */
  readonly values: ReadonlyMap<string, FileValue>;
  readonly problems: readonly string[];
}

export interface ConfigFileOptions {
  readonly sections: Sections;
  /** Services that may have a section in the same file, which is theirs to check. */
  readonly otherServices: readonly string[];
  /** Those of them that some of the settings are taken from: the rest of their sections is theirs to check all the same. */
  readonly follows?: readonly string[] | undefined;
}

/** @throws ConfigError where it is no file of YAML or JSON; what is wrong with its values are problems of the result */
export function readConfigFile(path: string, options: ConfigFileOptions): ConfigFile {
  const document = new ConfigDocument(path);
  const reader = new FileReader(document, options);
  reader.readSection('', document.root);
  return { document, values: reader.values, problems: reader.problems };
}

interface Mistake {
  readonly found: string;
  readonly expected: string;
  /** Of the setting, where it is one. */
  readonly key?: string;
}

interface Setting extends SettingDescription {
  readonly place: Place;
  readonly field: SettingFields[keyof SettingFields];
}

class FileReader {
  readonly values = new Map<string, FileValue>();
  readonly problems: string[] = [];
  readonly #document: ConfigDocument;
  readonly #settings: ReadonlyMap<string, Setting>;
  readonly #sections: ReadonlySet<string>;
  readonly #otherServices: readonly string[];
  readonly #follows: readonly string[];

  constructor(document: ConfigDocument, { sections, otherServices, follows = [] }: ConfigFileOptions) {
    this.#document = document;
    this.#settings = settingsByKey(sections);
    this.#sections = new Set(Object.keys(sections).flatMap(waysTo));
    this.#otherServices = otherServices;
    this.#follows = follows;
  }

  readSection(section: string, node: Node | undefined): void {
    const entries = this.#document.entriesOf(node);
    if (entries === undefined && node !== undefined) {
      const expected = section === '' ? 'a mapping with sections' : `a mapping with the settings of ${section}`;
      this.#report(node, { found: this.#document.describe(node), expected });
    }
    for (const entry of entries ?? []) this.#readEntry(section, entry);
  }

  #readEntry(section: string, entry: Entry): void {
    const key = section === '' ? entry.key : `${section}.${entry.key}`;
    const setting = this.#settings.get(key);
    if (setting !== undefined) this.#readSetting(key, setting, entry);
    else if (this.#sections.has(key)) this.readSection(key, entry.value);
    else if (!this.#isPassedOver(section, entry.key)) {
      const found = JSON.stringify(entry.key.slice(0, MAX_SHOWN));
      this.#report(entry.keyNode, { found, expected: this.#expectationOf(section, entry.key) });
    }
  }

  #isPassedOver(section: string, key: string): boolean {
    if (section === '') return key === SCHEMA_KEY || this.#otherServices.includes(key);
    return this.#follows.some((service) => `${section}.`.startsWith(`${service}.`));
  }

  #readSetting(key: string, setting: Setting, { value, keyNode }: Entry): void {
    const node = value ?? keyNode;
    const { shape } = setting;
    if (shape.kind === 'structure') {
      const problems = structureProblems(this.#document, node, shape);
      this.problems.push(...problems.map(({ place, way, message }) => `${place}: ${key}${way}: ${message}`));
      if (problems.length > 0) return;
      this.values.set(setting.name, { text: JSON.stringify(this.#document.valueOf(node)), key, node });
      return;
    }
    const text = value === undefined ? undefined : textOf(this.#document, value, shape);
    const isRight = text !== undefined && text !== '' && z.safeParse(setting.field, text).success;
    if (isRight) this.values.set(setting.name, { text, key, node });
    else this.#report(node, { found: foundIn(this.#document, value, setting), expected: setting.accepts, key });
  }

  #report(node: Node, { found, expected, key }: Mistake): void {
    const what = key === undefined ? '' : `${key}: `;
    this.problems.push(`${this.#document.place(node)}: ${what}found ${found}, expected ${expected}`);
  }

  /** Where somebody wrote the name of a variable, or of a setting of another section, that is what was meant. */
  #expectationOf(section: string, key: string): string {
    const meant = [...this.#settings].find(([, { name, place }]) => name === key || place.key === key)?.[0];
    const siblings = [...this.#settings.keys(), ...this.#sections, ...(section === '' ? this.#otherServices : [])]
      .filter((each) => parentOf(each) === section)
      .map((each) => each.slice(section === '' ? 0 : section.length + 1));
    const nearest = meant ?? nearestOf(key, siblings) ?? 'none';
    return `${section === '' ? 'a section' : `a setting of ${section}`}; the nearest is ${nearest}`;
  }
}

/** What stands there, unless that may be a secret. */
export function foundIn(
  document: ConfigDocument,
  node: Node | undefined,
  { isSecret }: { readonly isSecret: boolean },
): string {
  const found = document.describe(node);
  // A URL that is none has no password that could be told from the rest of it.
  return isSecret || found.includes('@') ? 'what is not shown' : found;
}

function settingsByKey(sections: Sections): ReadonlyMap<string, Setting> {
  const places = placesOf(sections);
  return new Map(
    Object.values(sections).flatMap((fields: SettingFields) =>
      describeSettings(fields).flatMap((setting) => {
        const place = places.get(setting.name);
        const field = (fields as Readonly<Record<string, Setting['field']>>)[setting.name];
        if (place === undefined || field === undefined) return [];
        return [[formatPlace(place), { ...setting, place, field }] as const];
      }),
    ),
  );
}

/** `a.b.c` is in `a.b`, which is in `a`. */
function waysTo(section: string): readonly string[] {
  const parts = section.split('.');
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'));
}

function parentOf(key: string): string {
  return key.split('.').slice(0, -1).join('.');
}
