import { expect, it } from 'vitest';

import { html } from './html.ts';

it('escapes values and keeps what is HTML', () => {
  const items = ['<b>', 'a & b'].map((text) => html`<li>${text}</li>`);
  expect(html`<i title="${'"'}">${items}${undefined}</i>`.text).toBe(
    '<i title="&quot;"><li>&lt;b&gt;</li><li>a &amp; b</li></i>',
  );
});
