import { describe, expect, it } from 'vitest';

import { splitLinks } from './links.ts';

function linksOf(text: string): readonly (string | undefined)[] {
  const parts = splitLinks(text);
  expect(parts.map((part) => part.text).join('')).toBe(text);
  return parts.flatMap(({ href }) => (href === undefined ? [] : [href]));
}

describe('splitLinks', () => {
  it.each([
    ['https://example.org', 'https://example.org/'],
    ['see http://example.org/a?b=c#d now', 'http://example.org/a?b=c#d'],
    ['HTTPS://EXAMPLE.org/Path', 'https://example.org/Path'],
    ['at https://example.org/a.', 'https://example.org/a'],
    ['is it https://example.org/a?!', 'https://example.org/a'],
    ['(https://example.org/a)', 'https://example.org/a'],
    ['(see https://en.example.org/wiki/Pit_(trading)).', 'https://en.example.org/wiki/Pit_(trading)'],
    ['[https://example.org/a]', 'https://example.org/a'],
    ['“https://example.org/a”', 'https://example.org/a'],
    ['<https://example.org/a>', 'https://example.org/a'],
    ['http://127.0.0.1:1337/?room=pit', 'http://127.0.0.1:1337/?room=pit'],
    ['http://[::1]:1337/a', 'http://[::1]:1337/a'],
    ['https://пример.example/каша', 'https://xn--e1afmkfd.example/%D0%BA%D0%B0%D1%88%D0%B0'],
  ])('finds the address in %s', (text, href) => {
    expect(linksOf(text)).toEqual([href]);
  });

  it('finds several, and keeps what stands between them', () => {
    expect(splitLinks('a http://b.example, c http://d.example/')).toEqual([
      { text: 'a ' },
      { text: 'http://b.example', href: 'http://b.example/' },
      { text: ', c ' },
      { text: 'http://d.example/', href: 'http://d.example/' },
    ]);
  });

  it.each([
    'no address at all',
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'ftp://example.org/a',
    'example.org',
    'http://',
    'https://.',
    'https://user:secret@example.org/',
    'https://bank.example@evil.example/',
    'xhttps://example.org/',
  ])('makes none of %s', (text) => {
    expect(linksOf(text)).toEqual([]);
  });

  it('leaves out what markup and a change of direction would need', () => {
    expect(linksOf('https://example.org/"onmouseover="alert(1)')).toEqual(['https://example.org/']);
    expect(linksOf('https://example.org/\u202egpj.exe')).toEqual(['https://example.org/']);
    expect(linksOf('https://example.org/<b>')).toEqual(['https://example.org/']);
  });

  it('takes no longer for a text made to take long', () => {
    const begunAt = performance.now();
    linksOf(`https://example.org/${'('.repeat(500)}${')'.repeat(500)}`.repeat(20));
    linksOf(`https://example.org/a${').'.repeat(50_000)}`);
    linksOf('http://a'.repeat(20_000));
    expect(performance.now() - begunAt).toBeLessThan(1_000);
  });
});
