const ANY_RUN = '*';

/**
 * Room names by pattern: an exact name, with `*` for any run of characters, empty ones included; no room has a star in its
 * name, so none is taken for a pattern. Time is at most the product of both lengths: patterns come in tokens, and as a regular expression one of many stars could take for ever.
 */
export class RoomPattern {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  matches(room: string): boolean {
    const pattern = this.#text;
    let at = 0;
    /** Of the last star, and of what stands behind the run that it takes so far. */
    let star = -1;
    let resumeAt = 0;
    for (let i = 0; i < room.length;) {
      if (pattern[at] === ANY_RUN) {
        star = at;
        at += 1;
        resumeAt = i;
      } else if (pattern[at] === room[i]) {
        at += 1;
        i += 1;
      } else if (star >= 0) {
        at = star + 1;
        resumeAt += 1;
        i = resumeAt;
      } else {
        return false;
      }
    }
    while (pattern[at] === ANY_RUN) at += 1;
    return at === pattern.length;
  }
}
