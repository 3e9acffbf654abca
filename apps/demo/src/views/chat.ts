import { MAX_TEXT_LENGTH } from '../chat-message.ts';
import type { Conversation } from '../conversation.ts';
import type { Session } from '../session.ts';
import { ChatLog } from './chat-log.ts';
import { Composer } from './composer.ts';
import { byId, setText } from './dom.ts';

/** This near to the end, a reader counts as being at the end. */
const NEAR_END_PX = 48;
/** This near to the beginning, a reader is shown more of the past. */
const NEAR_BEGIN_PX = 240;

/** The conversation that is shown: the log, who is typing, and the line to write in. */
export class ChatView {
  readonly #session: Session;
  readonly #list = byId('chat-lines', HTMLElement);
  readonly #scroller = byId('chat-log', HTMLElement);
  readonly #past = byId('chat-past', HTMLElement);
  readonly #newer = byId('chat-newer', HTMLButtonElement);
  readonly #composer: Composer;
  #conversation: Conversation;
  #log: ChatLog;
  #isAtEnd = true;
  #seen = 0;
  #firstId: string | undefined;

  constructor(session: Session) {
    this.#session = session;
    this.#conversation = session.current;
    this.#log = new ChatLog(this.#conversation, this.#list);
    this.#composer = new Composer({
      maxLength: MAX_TEXT_LENGTH,
      onTyping: () => {
        this.#conversation.sayTyping();
      },
      onSay: (text) => {
        this.#isAtEnd = true;
        this.#conversation.say(text);
      },
    });
    this.#listen();
    this.#turnTo(session.current);
  }

  /** Where focus does not bring up a keyboard over half of the page. */
  focusWithKeyboard(): void {
    if (matchMedia('(pointer: fine)').matches) this.#composer.focus();
  }

  render(): void {
    const { current } = this.#session;
    if (current !== this.#conversation) this.#turnTo(current);
    const heightBefore = this.#scroller.scrollHeight;
    this.#log.render();
    this.#showPast();
    this.#showEmpty();
    byId('room-badge', HTMLElement).hidden = current.status !== 'stale';
    setText(byId('chat-typing', HTMLElement), typingText(current.typing.names));
    this.#keepPlace(heightBefore);
  }

  #turnTo(conversation: Conversation): void {
    this.#conversation.draft = this.#composer.text;
    this.#conversation = conversation;
    this.#composer.text = conversation.draft;
    this.#log = new ChatLog(conversation, this.#list);
    this.#isAtEnd = true;
    this.#firstId = undefined;
    const isRoom = conversation.kind === 'room';
    byId('chat-mark', HTMLElement).textContent = isRoom ? '#' : '@';
    setText(byId('room-name', HTMLElement), conversation.name);
    this.#composer.placeholder = isRoom ? `Say something in #${conversation.name}` : `Write to ${conversation.name}`;
    this.focusWithKeyboard();
  }

  #listen(): void {
    this.#scroller.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
      this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
      if (this.#isAtEnd) this.#markSeen();
      if (scrollTop < NEAR_BEGIN_PX) this.#conversation.loadOlder();
    });
    // A keyboard that slides in, or a tab that is shown again, must not leave the end out of sight.
    new ResizeObserver(() => {
      if (this.#isAtEnd) this.#scrollToEnd();
    }).observe(this.#scroller);
    this.#newer.addEventListener('click', () => {
      this.#scrollToEnd();
      this.#composer.focus();
    });
  }

  /** The end stays in sight for those who read there; for others what they read stays where it is. */
  #keepPlace(heightBefore: number): void {
    const firstId = this.#conversation.timeline.entries[0]?.id;
    const hasGrownUpwards = this.#firstId !== undefined && firstId !== this.#firstId;
    this.#firstId = firstId;
    if (this.#isAtEnd) {
      this.#scrollToEnd();
      return;
    }
    if (hasGrownUpwards) this.#scroller.scrollTop += this.#scroller.scrollHeight - heightBefore;
    this.#showNewer();
  }

  #scrollToEnd(): void {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#isAtEnd = true;
    this.#markSeen();
  }

  #markSeen(): void {
    this.#seen = this.#conversation.timeline.shownCount;
    this.#newer.hidden = true;
  }

  #showNewer(): void {
    const unseen = this.#conversation.timeline.shownCount - this.#seen;
    this.#newer.hidden = unseen <= 0;
    setText(byId('chat-newer-text', HTMLElement), unseen === 1 ? '1 new message' : `${String(unseen)} new messages`);
  }

  #showPast(): void {
    const { hasOlder, isLoading, timeline, title, kind } = this.#conversation;
    this.#past.hidden = timeline.entries.length === 0;
    const whole = kind === 'room' ? `As far back as ${title} goes` : 'As far back as your inbox goes';
    const begin = timeline.isFull ? 'This page holds no more than this' : whole;
    setText(this.#past, isLoading ? 'Fetching what was said before…' : hasOlder ? 'Scroll up for more' : begin);
  }

  #showEmpty(): void {
    const [title, text] = this.#emptyText();
    byId('chat-empty', HTMLElement).hidden = this.#conversation.timeline.entries.length > 0;
    setText(byId('chat-empty-title', HTMLElement), title);
    setText(byId('chat-empty-text', HTMLElement), text);
  }

  #emptyText(): [title: string, text: string] {
    const { problem, isJoined, kind, name } = this.#conversation;
    const { state } = this.#session.client.status;
    if (problem !== undefined) return ['This room is closed to you', problem];
    if (state === 'reconnecting') return ['No gateway answers', 'Trying again in a moment.'];
    if (state === 'closed') return ['Disconnected', 'The gateway ended this session.'];
    if (!isJoined) return ['Walking in…', 'The last messages are on their way.'];
    if (kind === 'direct') return [`A word with ${name}`, 'Only the two of you read this.'];
    return ['It is quiet in here', 'Be the first to shout.'];
  }
}

function typingText(names: readonly string[]): string {
  const [first = '', second = ''] = names;
  if (names.length === 0) return '';
  if (names.length === 1) return `${first} is typing…`;
  if (names.length === 2) return `${first} and ${second} are typing…`;
  return `${first}, ${second} and ${String(names.length - 2)} more are typing…`;
}
