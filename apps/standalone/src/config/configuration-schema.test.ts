import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describeSettings, fieldsOf, formatPlace, placesOf, SettingSources } from '@outcry/config';
import { FEED_PUBLISHER_SECTIONS, loadFeedPublisherConfig } from '@outcry/feed-publisher';
import { GATEWAY_SECTIONS, loadGatewayConfig } from '@outcry/gateway';
import { INBOUND_FOLLOWS, INBOUND_SECTIONS, loadInboundConfig } from '@outcry/inbound';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { loadStandaloneConfig } from './config.ts';
import { ALL_SECTIONS, formatConfigurationSchema } from './configuration-schema.ts';
import { STANDALONE_SECTIONS } from './settings.ts';

const DEPLOY = new URL('../../../../deploy/', import.meta.url);
const EXAMPLE = new URL('outcry.yaml', DEPLOY);
const SERVICES = { otherServices: ['gateway', 'feedPublisher', 'inbound', 'archive', 'events', 'standalone'] };

const example = readFileSync(EXAMPLE, 'utf8');
const written = readFileSync(new URL('outcry.schema.json', DEPLOY), 'utf8');
const schema = z.fromJSONSchema(JSON.parse(written) as Parameters<typeof z.fromJSONSchema>[0]);
const accepts = (value: unknown): boolean => schema.safeParse(value).success;

function at(place: string, value: unknown): unknown {
  return place.split('.').reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
}

describe('deploy/outcry.schema.json', () => {
  it('is as the settings say (npm run docs)', () => {
    expect(written).toBe(formatConfigurationSchema());
  });

  it('takes the example, and nothing misspelt', () => {
    expect(accepts(parse(example))).toBe(true);
    expect(accepts({ gatway: {} })).toBe(false);
    expect(accepts({ gateway: { transport: { prot: 1 } } })).toBe(false);
    expect(accepts({ gateway: { rooms: { rules: [{ pattern: 'a', pressence: true }] } } })).toBe(false);
  });

  it('has every setting at its place, of its kind and with its default', () => {
    const places = placesOf(ALL_SECTIONS);
    const settings = describeSettings(fieldsOf(ALL_SECTIONS));
    expect(settings.length).toBeGreaterThan(80);
    for (const { name, shape, ...setting } of settings) {
      const place = places.get(name);
      if (place === undefined) throw new Error(`${name} has no place`);
      const isText = shape.kind === 'text' || shape.kind === 'choice';
      const fallback = setting.default ?? '';
      if (fallback !== '') {
        const inFile: unknown = isText ? fallback : JSON.parse(fallback);
        expect([name, accepts(at(formatPlace(place), inFile))]).toEqual([name, true]);
      }
      expect([name, accepts(at(formatPlace(place), { neither: 'nor' }))]).toEqual([name, false]);
    }
  });
});

describe('deploy/outcry.yaml', () => {
  it('names its schema to editors', () => {
    expect(example.split('\n')[0]).toBe('# yaml-language-server: $schema=./outcry.schema.json');
  });

  it.each([
    ['gateway', GATEWAY_SECTIONS, loadGatewayConfig],
    ['feed publisher', FEED_PUBLISHER_SECTIONS, loadFeedPublisherConfig],
    ['standalone', STANDALONE_SECTIONS, loadStandaloneConfig],
  ])('is loaded by the %s', (_, sections, load) => {
    const { environment } = new SettingSources({
      environment: {},
      sections,
      path: fileURLToPath(EXAMPLE),
      ...SERVICES,
    });
    expect(() => load(environment)).not.toThrow();
  });

  it('is loaded by the inbound service, which keeps in rooms what the gateways keep', () => {
    const path = fileURLToPath(EXAMPLE);
    const environment = { OUTCRY_POSTGRES_URL: 'postgres://outcry@127.0.0.1:5432/shop' };
    const own = { environment, sections: INBOUND_SECTIONS, follows: INBOUND_FOLLOWS, path, ...SERVICES };
    const gateways = { environment: {}, sections: GATEWAY_SECTIONS, path, ...SERVICES };
    const { retention } = loadInboundConfig(new SettingSources(own).environment).config;
    const { roomRules } = loadGatewayConfig(new SettingSources(gateways).environment).config;
    expect(retention.of('news.eu')).toMatchObject({ count: 100, ms: 86_400_000 });
    for (const room of ['news.eu', '@ann', '@all', 'lobby'])
      expect(retention.of(room)).toEqual(roomRules.of(room).retention);
  });

  it('sets what holds in rooms', () => {
    const path = fileURLToPath(EXAMPLE);
    const sources = new SettingSources({ environment: {}, sections: GATEWAY_SECTIONS, path, ...SERVICES });
    const { roomRules } = loadGatewayConfig(sources.environment).config;
    expect(roomRules.of('news.eu')).toMatchObject({ publish: 'nobody', retention: { count: 100, ms: 86_400_000 } });
    expect(roomRules.of('@ann').users).toEqual(new Set(['write', 'signal']));
    expect(roomRules.of('lobby').retention.count).toBe(500);
  });
});
