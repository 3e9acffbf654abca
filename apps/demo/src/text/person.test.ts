import { describe, expect, it } from 'vitest';

import { readPerson } from './person.ts';

describe('readPerson', () => {
  it('reads a name and a picture', () => {
    const info = { name: ' Ann Lee ', picture: 'https://img.example/ann.png?size=64', email: 'ann@example.org' };
    expect(readPerson(info)).toEqual({ name: 'Ann Lee', picture: 'https://img.example/ann.png?size=64' });
  });

  it.each([undefined, null, 7, 'Ann', [], {}, { name: 7, picture: {} }, { name: ' \u202e\u0000 ', picture: '' }])(
    'reads nothing out of %j',
    (info) => {
      expect(readPerson(info)).toEqual({});
    },
  );

  it.each([
    'http://img.example/a.png',
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'data:image/svg+xml,<svg onload=alert(1)>',
    'blob:https://img.example/1',
    '//img.example/a.png',
    'https://ann:secret@img.example/a.png',
    'https://',
  ])('takes no picture from %s', (picture) => {
    expect(readPerson({ picture })).toEqual({});
  });

  it('cuts a name that is long, and takes out of it what turns or hides the text around it', () => {
    expect(readPerson({ name: 'a\u202eb\nc' }).name).toBe('a b c');
    expect(readPerson({ name: 'x'.repeat(500) }).name).toHaveLength(64);
    expect(readPerson({ name: '<img src=x onerror=alert(1)>' }).name).toBe('<img src=x onerror=alert(1)>');
  });
});
