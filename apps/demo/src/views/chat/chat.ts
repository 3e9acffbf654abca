import { byId, setText } from '@outcry/page';

import { isolated } from '../../text/bidi.ts';
import { MAX_TEXT_LENGTH } from '../../conversations/chat-message.ts';
import type { Conversation } from '../../conversations/conversation.ts';
import type { Session } from '../../session.ts';
import { ChatAnnouncer } from './chat-announcer.ts';
import { ChatEmpty } from './chat-empty.ts';
import { ChatLog } from './chat-log.ts';
import { Composer } from './composer.ts';
import { LogScroller } from './log-scroller.ts';
import { PastView } from './past.ts';
import { TypingView } from './typing.ts';

/** The conversation that is shown: the log, who is typing, and the line to write in. */
export class ChatView {
  readonly #session: Session;
  readonly #list = byId('chat-lines', HTMLElement);
  readonly #frame = byId('chat-log', HTMLElement);
  readonly #newer = byId('chat-newer', HTMLButtonElement);
  readonly #scroller: LogScroller;
  readonly #composer: Composer;
  readonly #past: PastView;
  readonly #empty: ChatEmpty;
  readonly #typing = new TypingView();
  readonly #announcer = new ChatAnnouncer();
  #conversation: Conversation;
  #log: ChatLog;
  #seen = 0;

  /** `onMove` is called where what is shown has to be drawn again for where the reader is. */
  constructor(session: Session, onMove: () => void) {
    this.#session = session;
    this.#conversation = session.current;
    this.#log = this.#createLog();
    this.#scroller = new LogScroller({ scroller: this.#frame, list: this.#list, onMove });
    this.#past = new PastView(onMove);
    this.#empty = new ChatEmpty(session);
    this.#composer = new Composer({
      maxLength: MAX_TEXT_LENGTH,
      onTyping: () => {
        this.#conversation.sayTyping();
      },
      onSay: (text) => {
        this.#scroller.goToEnd();
        this.#conversation.say(text);
        onMove();
      },
    });
    this.#listen(onMove);
    this.#turnTo(session.current);
  }

  /** Takes what is written from now on for the conversation that is current, although it is drawn only with the next frame. */
  turn(): void {
    const { current } = this.#session;
    if (current !== this.#conversation) this.#turnTo(current);
  }

  /** Where focus does not bring up a keyboard over half of the page. */
  focusWithKeyboard(): void {
    if (matchMedia('(pointer: fine)').matches) this.#composer.focus();
  }

  render(): void {
    const current = this.#conversation;
    const { timeline, past } = current;
    this.#scroller.draw(() => {
      this.#log.render();
      this.#past.render(current);
      this.#empty.render(current);
      this.#typing.render(current.typing.names);
      byId('room-badge', HTMLElement).hidden = current.status !== 'stale';
    });
    timeline.isHeld = !this.#scroller.isAtEnd;
    if (this.#scroller.isNearBegin && current.isJoined) past.loadOlder();
    if (this.#scroller.isNearEnd && current.isJoined) past.loadNewer();
    this.#showNewer();
    this.#announcer.follow(current);
  }

  #createLog(): ChatLog {
    return new ChatLog(this.#conversation, this.#list, this.#session.clock.serverNow);
  }

  #turnTo(conversation: Conversation): void {
    this.#conversation.draft = this.#composer.text;
    this.#conversation.timeline.isHeld = false;
    this.#conversation = conversation;
    this.#composer.text = conversation.draft;
    this.#log = this.#createLog();
    conversation.timeline.returnToEnd();
    this.#scroller.goToEnd();
    const { kind, name } = conversation;
    const isRoom = kind === 'room';
    byId('chat-mark', HTMLElement).textContent = isRoom ? '#' : '@';
    const title = byId('room-name', HTMLElement);
    setText(title, name);
    title.title = name;
    this.#composer.placeholder = isRoom ? `Say something in #${isolated(name)}` : `Write to ${isolated(name)}`;
    this.focusWithKeyboard();
  }

  #listen(onMove: () => void): void {
    const goToEnd = (): void => {
      this.#conversation.timeline.returnToEnd();
      this.#scroller.goToEnd();
      onMove();
    };
    this.#newer.addEventListener('click', () => {
      goToEnd();
      this.#composer.focus();
    });
    this.#frame.addEventListener('keydown', ({ key }) => {
      if (key === 'End') goToEnd();
    });
  }

  #showNewer(): void {
    const { timeline } = this.#conversation;
    const isAtEnd = this.#scroller.isAtEnd && !timeline.isCut;
    if (isAtEnd) this.#seen = timeline.shownCount;
    const unseen = timeline.shownCount - this.#seen;
    this.#newer.hidden = isAtEnd || (unseen <= 0 && !timeline.isCut);
    const news = unseen === 1 ? '1 new message' : `${String(unseen)} new messages`;
    setText(byId('chat-newer-text', HTMLElement), unseen > 0 ? news : 'To the newest messages');
  }
}
