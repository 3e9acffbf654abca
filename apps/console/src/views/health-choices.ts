import { h } from '@outcry/page';
import { at } from '../parts/pieces.ts';

const CHOICES = [
  ['checks', at.health, 'Checks'],
  ['shards', at.shards, 'Shards'],
  ['hooks', at.hooks, 'Hooks'],
  ['archive', at.archive, 'Archive'],
] as const;

/** What there is of the tab, with the one that is shown. */
export function healthChoices(chosen: (typeof CHOICES)[number][0]): HTMLElement {
  const links = CHOICES.map(([name, href, text]) =>
    h('a', { href, 'aria-current': name === chosen ? 'true' : undefined, 'data-testid': `look-${name}` }, text),
  );
  return h('nav', { class: 'choices', 'aria-label': 'What is looked at' }, ...links);
}
