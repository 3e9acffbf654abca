/** Who somebody says, or an identity provider says, that a user is. */
export interface Person {
  /** To be shown in place of the user's name on the wire, which alone says who it is. */
  readonly name?: string;
  /** By https. */
  readonly picture?: string;
}

/** UTF-16 units of a name; a longer one is cut. */
const MAX_NAME_LENGTH = 64;
/** Controls, what turns the direction of a text, halves of surrogate pairs, and other signs that have no look of their own. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]+/gu;

/** What can be shown of a user's info: it is anybody's word, so nothing in it is taken for more than a text and an address. */
export function readPerson(info: unknown): Person {
  if (typeof info !== 'object' || info === null) return {};
  const { name, picture } = info as { name?: unknown; picture?: unknown };
  const [shownName, shownPicture] = [readName(name), readPicture(picture)];
  return {
    ...(shownName === undefined ? {} : { name: shownName }),
    ...(shownPicture === undefined ? {} : { picture: shownPicture }),
  };
}

function readName(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined;
  const seen = name.slice(0, MAX_NAME_LENGTH).replaceAll(UNSEEN, ' ').trim();
  return seen === '' ? undefined : seen;
}

function readPicture(picture: unknown): string | undefined {
  if (typeof picture !== 'string' || !URL.canParse(picture)) return undefined;
  const { protocol, href, username, password } = new URL(picture);
  return protocol === 'https:' && username === '' && password === '' ? href : undefined;
}
