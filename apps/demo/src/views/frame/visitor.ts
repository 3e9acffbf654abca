import { byId, setText } from '@outcry/page';

import { initialOf } from '../../text/graphemes.ts';
import { paintAuthor } from '../parts/author.ts';

/** Who one is, in the top bar, and the way out. */
export class VisitorView {
  readonly #avatar = byId('visitor-avatar', HTMLElement);
  readonly #name = byId('visitor-name', HTMLElement);

  constructor(onLeave: () => void) {
    byId('leave', HTMLButtonElement).addEventListener('click', onLeave);
  }

  show(name: string): void {
    setText(this.#avatar, initialOf(name));
    paintAuthor(this.#avatar, name);
    setText(this.#name, name);
    this.#name.title = name;
  }
}
