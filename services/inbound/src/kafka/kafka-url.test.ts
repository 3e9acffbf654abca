import { describe, expect, it } from 'vitest';

import { hostOf, parseKafkaUrl } from './kafka-url.ts';

const OPEN = { isTls: false, user: undefined, password: '' };

describe('parseKafkaUrl', () => {
  it.each([
    ['kafka://a', { ...OPEN, brokers: ['a:9092'] }],
    ['kafka://a,b.example:9093,10.0.0.1:1', { ...OPEN, brokers: ['a:9092', 'b.example:9093', '10.0.0.1:1'] }],
    ['kafka://[::1]:19092,[fe80::1]', { ...OPEN, brokers: ['[::1]:19092', '[fe80::1]:9092'] }],
    ['kafkas://ann:p%40ss:word@a:9094', { brokers: ['a:9094'], isTls: true, user: 'ann', password: 'p@ss:word' }],
    ['kafka://ann@a', { ...OPEN, brokers: ['a:9092'], user: 'ann' }],
  ])('reads %s', (text, address) => {
    expect(parseKafkaUrl(text)).toEqual(address);
  });

  it.each(['', 'a:9092', 'redis://a', 'kafka://', 'kafka://a,', 'kafka://a:0', 'kafka://a:65536', 'kafka://a/topic'])(
    'takes no %j',
    (text) => {
      expect(parseKafkaUrl(text)).toBeUndefined();
    },
  );

  it.each(['kafka://:secret@a', 'kafka://%zz@a', 'kafka://a b', 'kafka://a@b@c'])('takes no %j', (text) => {
    expect(parseKafkaUrl(text)).toBeUndefined();
  });

  it('tells a host from its port', () => {
    expect(['a:9092', '[::1]:9092'].map(hostOf)).toEqual(['a', '::1']);
  });
});
