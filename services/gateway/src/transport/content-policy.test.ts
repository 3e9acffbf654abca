import { expect, it } from 'vitest';

import { contentPolicy } from './content-policy.ts';

const REST =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

it.each([
  [false, "img-src 'self'"],
  [true, "img-src 'self' https:"],
])('lets the page have nothing but its own, and where users have pictures (%s) those', (hasPictures, images) => {
  const parts = contentPolicy({ hasPictures }).split('; ');
  expect(parts).toContain(images);
  expect(parts.filter((part) => part !== images)).toEqual(REST.split('; '));
});
