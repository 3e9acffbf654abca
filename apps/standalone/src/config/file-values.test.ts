import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  describeSettings,
  type Environment,
  fieldsOf,
  formatPlace,
  placesOf,
  type Sections,
  type SettingDescription,
  SettingSources,
} from '@outcry/config';
import { ARCHIVE_SECTIONS } from '@outcry/archive';
import { EVENTS_SECTIONS } from '@outcry/events';
import { FEED_PUBLISHER_SECTIONS } from '@outcry/feed-publisher';
import { GATEWAY_SECTIONS } from '@outcry/gateway';
import { INBOUND_SECTIONS } from '@outcry/inbound';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';

import { STANDALONE_SECTIONS } from './settings.ts';

/** For texts: each takes the first two that it accepts. */
const TEXTS = ['alpha', 'beta', '/a/b', '127.0.0.1', '10.0.0.0/8', 'A:1:1', 'B:2:2', '2', '3']
  .concat(['http://127.0.0.1:1', 'https://a.example', 'redis://a', 'redis://b', 'ws://127.0.0.1:1', 'wss://a.example'])
  .concat(['postgres://a', 'postgres://b', 'kafka://a', 'kafka://b', 'room', 'member', 'time', 'sender'])
  .concat(['a'.repeat(40), 'b'.repeat(40)]);
const STRUCTURES: readonly unknown[] = [[], [{ pattern: 'a' }], {}, { a: 1 }];

/** The same value as a file has it and as the environment has it. */
interface Sample {
  readonly inFile: unknown;
  readonly text: string;
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'outcry-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** Two values that differ from each other. */
function samplesOf({ shape, ...setting }: SettingDescription, accepts: (text: string) => boolean): readonly Sample[] {
  const candidates = ((): readonly Sample[] => {
    switch (shape.kind) {
      case 'integer':
        return [shape.min, shape.max].map((value) => ({ inFile: value, text: String(value) }));
      case 'number':
        return [0.5, 2].map((value) => ({ inFile: value, text: String(value) }));
      case 'boolean':
        return [true, false].map((value) => ({ inFile: value, text: String(value) }));
      case 'choice':
        return shape.values.map((value) => ({ inFile: value, text: value }));
      case 'text': {
        const lists = shape.isList ? [{ inFile: ['A:1:1', 'B:2:2'], text: 'A:1:1,B:2:2' }] : [];
        return [...lists, ...TEXTS.map((value) => ({ inFile: value, text: value }))];
      }
      case 'structure':
        return STRUCTURES.map((value) => ({ inFile: value, text: JSON.stringify(value) }));
    }
  })();
  const samples = candidates.filter(({ text }) => accepts(text)).slice(0, 2);
  if (samples.length < 2) throw new Error(`no two samples that ${setting.name} takes: add them to TEXTS`);
  return samples;
}

/** A file with nothing but this value. */
function fileWith(place: string, value: unknown): string {
  const content = place.split('.').reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
  const path = join(directory, 'outcry.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const services: readonly (readonly [string, Sections])[] = [
  ['gateway', GATEWAY_SECTIONS],
  ['feed publisher', FEED_PUBLISHER_SECTIONS],
  ['inbound service', INBOUND_SECTIONS],
  ['archive', ARCHIVE_SECTIONS],
  ['events', EVENTS_SECTIONS],
  ['standalone', STANDALONE_SECTIONS],
];

const table = services.flatMap(([service, sections]) => {
  const places = placesOf(sections);
  return describeSettings(fieldsOf(sections)).map((setting) => {
    const place = places.get(setting.name);
    return { service, sections, setting, name: setting.name, place: place === undefined ? '' : formatPlace(place) };
  });
});

describe.each(table)('$name of the $service, which is $place in a file', ({ sections, setting, name, place }) => {
  const { [name]: field }: Readonly<Record<string, z.ZodType>> = fieldsOf(sections);
  const accepts = (text: string): boolean => field?.safeParse(text).success === true;
  const read = ({ environment }: SettingSources): unknown => field?.parse(environment[name]);

  it('is taken from the environment, else from the file, else by default, and it is told which', () => {
    const [inFile, inEnvironment] = samplesOf(setting, accepts);
    const path = fileWith(place, inFile?.inFile);
    const environment: Environment = { [name]: inEnvironment?.text };
    const sources = (options: { environment: Environment; path?: string }): SettingSources =>
      new SettingSources({ sections, ...options });
    const byText = (text: string | undefined): unknown => read(sources({ environment: { [name]: text } }));

    const [nothing, file, variable, both, emptied] = [
      sources({ environment: {} }),
      sources({ environment: { OUTCRY_CONFIG_FILE: path } }),
      sources({ environment }),
      sources({ environment, path }),
      sources({ environment: { [name]: '' }, path }),
    ];
    expect(read(file)).toEqual(byText(inFile?.text));
    expect(read(variable)).toEqual(byText(inEnvironment?.text));
    expect(read(both)).toEqual(read(variable));
    expect(read(emptied)).toEqual(read(file));
    expect(read(file)).not.toEqual(read(variable));
    const where = [nothing, file, variable, both, emptied].map((each) => each.originOf(name).replace(path, 'FILE'));
    expect(where).toEqual([
      'default',
      expect.stringMatching(/^FILE:1:\d+$/),
      'environment',
      expect.stringMatching(/^environment, over FILE:1:\d+$/),
      expect.stringMatching(/^FILE:1:\d+$/),
    ]);
  });
});

describe('the places of settings in a file', () => {
  it.each(services)('are each of one setting of the %s, and none of them is a section', (_, sections) => {
    const places = [...placesOf(sections).values()].map(formatPlace);
    expect(new Set(places).size).toBe(places.length);
    expect(places.filter((place) => Object.keys(sections).some((each) => `${each}.`.startsWith(`${place}.`)))).toEqual(
      [],
    );
  });

  it.each([
    ['gateway', 'services/gateway/src/', GATEWAY_SECTIONS],
    ['feedPublisher', 'services/feed-publisher/src/', FEED_PUBLISHER_SECTIONS],
    ['inbound', 'services/inbound/src/', INBOUND_SECTIONS],
    ['archive', 'services/archive/src/', ARCHIVE_SECTIONS],
    ['events', 'services/events/src/', EVENTS_SECTIONS],
  ])(
    'of %s are those of the folders that own them, which are the gateways’ of what is theirs',
    (service, root, sections: Sections) => {
      const source = new URL(`../../../../${root}`, import.meta.url);
      const owners = readdirSync(source, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('/settings.ts') && path !== 'config/settings.ts')
        .flatMap((path) => {
          const section = [service, ...path.split('/').slice(0, -1)].join('.');
          const gateways = new Map(placesOf(GATEWAY_SECTIONS));
          // A service has a role of its own in the same database.
          if (service !== 'gateway') gateways.delete('OUTCRY_ARCHIVE_URL');
          const names = readFileSync(new URL(path, source), 'utf8').match(/^ {2}OUTCRY_\w+(?=: [^'])/gm) ?? [];
          return names
            .map((name) => name.trim())
            .map((name) => [name, gateways.get(name)?.section ?? section] as const);
        });
      expect(owners.length).toBeGreaterThan(5);
      const places = placesOf(sections);
      expect(owners.map(([name]) => [name, places.get(name)?.section])).toEqual(owners);
    },
  );
});
