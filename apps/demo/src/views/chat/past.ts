import { byId, setText } from '@outcry/page';

import { isolated } from '../../text/bidi.ts';
import type { Conversation } from '../../conversations/conversation.ts';

/** Above the log: what there is of the past, and the way to it where it does not come by itself. */
export class PastView {
  readonly #root = byId('chat-past', HTMLElement);
  readonly #text = byId('chat-past-text', HTMLElement);
  readonly #more = byId('chat-past-more', HTMLButtonElement);
  #conversation: Conversation | undefined;

  constructor(onAsked: () => void) {
    this.#more.addEventListener('click', () => {
      this.#conversation?.past.wake();
      onAsked();
    });
  }

  render(conversation: Conversation): void {
    this.#conversation = conversation;
    const { timeline, past, isJoined } = conversation;
    const { hasOlder } = timeline;
    const isLoading = past.loading === 'older';
    this.#root.hidden = timeline.entries.length === 0 && !hasOlder;
    this.#more.hidden = !hasOlder || isLoading || !past.isWaiting || !isJoined;
    setText(this.#text, this.#more.hidden ? pastText(conversation, isLoading) : '');
  }
}

function pastText({ timeline, kind, name, isJoined }: Conversation, isLoading: boolean): string {
  if (isLoading) return 'Fetching what was said before…';
  if (timeline.hasOlder) return isJoined ? '' : 'What was said before comes with the connection';
  return kind === 'room' ? `As far back as #${isolated(name)} goes` : 'As far back as your inbox goes';
}
