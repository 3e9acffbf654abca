import { h } from '@outcry/page';

import { splitLinks } from '../../text/links.ts';

/** A text as text, its web addresses as links: nothing of it is read as markup. */
export function createText(text: string, className: string): HTMLElement {
  const parts = splitLinks(text).map(({ text: run, href }) => (href === undefined ? run : createLink(run, href)));
  const element = h('p', { class: className }, ...parts);
  element.dir = 'auto';
  return element;
}

function createLink(text: string, href: string): HTMLElement {
  const link = h('a', { class: 'message-link' }, text);
  link.href = href;
  link.target = '_blank';
  // Where it leads learns nothing of the page, nor gets hold of it.
  link.rel = 'noopener noreferrer nofollow';
  // Letters that look like others are told apart here: the browser writes the host in ASCII.
  if (href !== text) link.title = href;
  return link;
}
