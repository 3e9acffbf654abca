import { initialOf } from '../../text/graphemes.ts';
import { create } from './dom.ts';

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

/** A disc with what the name begins with. */
export function createAvatar(name: string): HTMLElement {
  const avatar = create('span', 'avatar', initialOf(name));
  avatar.ariaHidden = 'true';
  paintAuthor(avatar, name);
  return avatar;
}

/** A name in a line of text: whatever it is made of, it turns no direction but its own. */
export function createName(name: string, className = ''): HTMLElement {
  const element = create('bdi', className, name);
  // Where it is cut off, this says it whole.
  element.title = name;
  return element;
}
