import { expect, it } from 'vitest';

import { readStatus } from './internal-port.ts';

it('repeats no password of a URL, and asks nobody with one', async () => {
  const answer = await readStatus('http://admin:hunter2@127.0.0.1:9', 1000);
  expect(answer).toEqual({
    url: 'http://127.0.0.1:9',
    error: 'a name and a password in the URL are not sent: leave them out',
  });
});
