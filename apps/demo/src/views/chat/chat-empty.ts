import { byId, setText } from '@outcry/page';

import { isolated } from '../../text/bidi.ts';
import type { Conversation } from '../../conversations/conversation.ts';
import type { Session } from '../../session.ts';

/** In place of a log without anything in it: why there is nothing. */
export class ChatEmpty {
  readonly #session: Session;
  readonly #root = byId('chat-empty', HTMLElement);
  readonly #title = byId('chat-empty-title', HTMLElement);
  readonly #text = byId('chat-empty-text', HTMLElement);

  constructor(session: Session) {
    this.#session = session;
  }

  render(conversation: Conversation): void {
    const [title, text] = this.#textOf(conversation);
    this.#root.hidden = conversation.timeline.entries.length > 0 || conversation.past.loading !== undefined;
    setText(this.#title, title);
    setText(this.#text, text);
  }

  #textOf({ problem, isJoined, kind, name }: Conversation): [title: string, text: string] {
    const { state } = this.#session.client.status;
    if (problem !== undefined) return ['This room is closed to you', problem];
    if (state === 'reconnecting') return ['No gateway answers', 'Trying again in a moment.'];
    if (state === 'closed') return ['Disconnected', 'The gateway ended this session.'];
    if (!isJoined) return ['Walking in…', 'The last messages are on their way.'];
    if (kind === 'direct') return this.#directText(name);
    return ['It is quiet in here', 'Be the first to shout.'];
  }

  /** Who runs the cluster can read every inbox by the server API, and what is in Redis. */
  #directText(name: string): [title: string, text: string] {
    if (name === this.#session.user)
      return ['Notes to yourself', 'Other users do not see them. Whoever runs this server can.'];
    return [
      `A word with ${isolated(name)}`,
      'Other users do not see what you write to each other. Whoever runs this server can.',
    ];
  }
}
