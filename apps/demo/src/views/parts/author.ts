import { h } from '@outcry/page';

import { isolated } from '../../text/bidi.ts';
import { initialOf } from '../../text/graphemes.ts';
import type { Person } from '../../text/person.ts';

/** The same name has the same hue everywhere; neighbours in the alphabet do not look alike. */
function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  // FNV alone leaves short names that differ in one letter close together; this spreads them.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) % 360;
}

/** Gives the element its author's colour, which the style sheet makes fit for light and dark. */
export function paintAuthor(element: HTMLElement, name: string): void {
  element.style.setProperty('--hue', String(hueOf(name)));
}

/** A picture, or a disc with what the name begins with; the disc also where the picture does not come. */
export function createAvatar(user: string, { name = user, picture }: Person = {}): HTMLElement {
  const avatar = h('span', { class: 'avatar' }, initialOf(name));
  avatar.ariaHidden = 'true';
  paintAuthor(avatar, user);
  if (picture !== undefined) avatar.append(createPicture(picture));
  return avatar;
}

/** A name in a line of text: whatever it is made of, it turns no direction but its own. The title has who it is on the wire. */
export function createName(user: string, className = '', { name = user }: Person = {}): HTMLElement {
  const element = h('bdi', { class: className }, name);
  // Where it is cut off, this says it whole.
  element.title = name === user ? user : `${isolated(name)} (${isolated(user)})`;
  return element;
}

/** It lies upon the disc, and goes where it cannot be had. Whose page it is shown on is nobody's business. */
function createPicture(picture: string): HTMLImageElement {
  const image = new Image();
  image.alt = '';
  image.decoding = 'async';
  image.referrerPolicy = 'no-referrer';
  image.addEventListener('error', () => {
    image.remove();
  });
  image.src = picture;
  return image;
}
