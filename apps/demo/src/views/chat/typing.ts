import { byId } from '@outcry/page';

import { createName } from '../parts/author.ts';

/** Who is writing just now. Not read out: it comes and goes all the time. */
export class TypingView {
  readonly #line = byId('chat-typing', HTMLElement);
  #shown = '';

  render(names: readonly string[]): void {
    const shown = names.join('\n');
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#line.replaceChildren(...typingParts(names));
  }
}

function typingParts(names: readonly string[]): (Node | string)[] {
  const [first, second] = names.map((name) => createName(name));
  if (first === undefined) return [];
  if (second === undefined) return [first, ' is typing…'];
  if (names.length === 2) return [first, ' and ', second, ' are typing…'];
  return [first, ', ', second, ` and ${String(names.length - 2)} more are typing…`];
}
