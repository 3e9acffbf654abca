import { createCertificate } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { certificateEndOf } from './certificate-end.ts';

const DAY_SECONDS = 86_400;

it('is when the server’s certificate ends, in seconds', () => {
  using certificate = createCertificate();
  const left = certificateEndOf(certificate) - Date.now() / 1000;
  // Made for two days, a moment ago.
  expect(left).toBeGreaterThan(1.9 * DAY_SECONDS);
  expect(left).toBeLessThanOrEqual(2 * DAY_SECONDS + 1);
});
