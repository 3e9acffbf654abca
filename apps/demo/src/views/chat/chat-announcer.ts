import { byId, setText } from '@outcry/page';

import type { Conversation } from '../../conversations/conversation.ts';

/** However much is said, somebody who listens to the page is told at most once in this time. */
const EVERY_MS = 1_500;

/** Tells those who listen to the page what is new in the conversation: one message as it is, several as a number. */
export class ChatAnnouncer {
  readonly #region = byId('chat-news', HTMLElement);
  #conversation: Conversation | undefined;
  #told = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** To be called whenever something may have been said. */
  follow(conversation: Conversation): void {
    if (conversation !== this.#conversation) {
      this.#conversation = conversation;
      this.#told = conversation.newsCount;
      setText(this.#region, '');
    }
    if (conversation.newsCount === this.#told || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, EVERY_MS);
  }

  #tell(): void {
    const conversation = this.#conversation;
    if (conversation === undefined) return;
    const count = conversation.newsCount - this.#told;
    const { newest } = conversation.timeline;
    this.#told = conversation.newsCount;
    if (count > 1) setText(this.#region, `${String(count)} new messages`);
    else if (count === 1 && newest !== undefined) setText(this.#region, `${newest.from}: ${newest.text}`);
  }
}
