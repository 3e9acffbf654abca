import type { ConnectionStatus } from '../connection.ts';
import { MAX_TEXT_LENGTH, type Room } from '../room.ts';
import { ChatLog } from './chat-log.ts';
import { byId, setText } from './dom.ts';

/** This near to the end, a reader counts as being at the end. */
const NEAR_END_PX = 48;
const SHOW_LEFT_BELOW = 120;

/** The conversation: the log, who is typing, and the line to write in. */
export class ChatView {
  readonly #room: Room;
  readonly #log: ChatLog;
  readonly #scroller = byId('chat-log', HTMLElement);
  readonly #typing = byId('chat-typing', HTMLElement);
  readonly #newer = byId('chat-newer', HTMLButtonElement);
  readonly #input = byId('chat-input', HTMLTextAreaElement);
  readonly #left = byId('chat-left', HTMLElement);
  #isAtEnd = true;
  #seen = 0;
  #status: ConnectionStatus = { state: 'connecting' };

  constructor(room: Room) {
    this.#room = room;
    this.#log = new ChatLog(room, byId('chat-lines', HTMLElement));
    setText(byId('room-name', HTMLElement), room.name);
    this.#input.maxLength = MAX_TEXT_LENGTH;
    this.#input.placeholder = `Say something in #${room.name}`;
    this.#listen();
  }

  focus(): void {
    this.#input.focus();
  }

  /** Where focus does not bring up a keyboard over half of the page. */
  focusWithKeyboard(): void {
    if (matchMedia('(pointer: fine)').matches) this.focus();
  }

  showStatus(status: ConnectionStatus): void {
    this.#status = status;
    this.render();
  }

  render(): void {
    this.#log.render();
    this.#showEmpty();
    byId('room-badge', HTMLElement).hidden = !this.#room.isStale;
    setText(this.#typing, typingText(this.#room.typing));
    if (this.#isAtEnd) this.#scrollToEnd();
    else this.#showNewer();
  }

  #listen(): void {
    this.#scroller.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
      this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
      if (this.#isAtEnd) this.#markSeen();
    });
    // A keyboard that slides in, or a tab that is shown again, must not leave the end out of sight.
    new ResizeObserver(() => {
      if (this.#isAtEnd) this.#scrollToEnd();
    }).observe(this.#scroller);
    this.#newer.addEventListener('click', () => {
      this.#scrollToEnd();
      this.focus();
    });
    this.#input.addEventListener('input', () => {
      this.#fitInput();
      if (this.#input.value.trim() !== '') this.#room.sayTyping();
    });
    this.#input.addEventListener('keydown', (event) => {
      // During composition Enter picks a candidate of an input method.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#say();
    });
    byId('chat-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#say();
    });
  }

  #say(): void {
    const text = this.#input.value.trim();
    if (text === '') return;
    this.#input.value = '';
    this.#fitInput();
    this.#isAtEnd = true;
    this.#room.say(text);
    this.focus();
  }

  #fitInput(): void {
    this.#input.style.height = 'auto';
    this.#input.style.height = `${String(this.#input.scrollHeight)}px`;
    const left = MAX_TEXT_LENGTH - this.#input.value.length;
    setText(this.#left, left < SHOW_LEFT_BELOW ? `${String(left)} left` : '');
  }

  #scrollToEnd(): void {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#isAtEnd = true;
    this.#markSeen();
  }

  #markSeen(): void {
    this.#seen = this.#room.timeline.shownCount;
    this.#newer.hidden = true;
  }

  #showNewer(): void {
    const unseen = this.#room.timeline.shownCount - this.#seen;
    this.#newer.hidden = unseen <= 0;
    setText(byId('chat-newer-text', HTMLElement), unseen === 1 ? '1 new message' : `${String(unseen)} new messages`);
  }

  #showEmpty(): void {
    const [title, text] = this.#emptyText();
    byId('chat-empty', HTMLElement).hidden = this.#room.timeline.entries.length > 0;
    setText(byId('chat-empty-title', HTMLElement), title);
    setText(byId('chat-empty-text', HTMLElement), text);
  }

  #emptyText(): [title: string, text: string] {
    if (this.#room.problem !== undefined) return ['This room is closed to you', this.#room.problem];
    if (this.#room.isJoined) return ['It is quiet in here', 'Be the first to shout.'];
    if (this.#status.state === 'reconnecting') return ['No gateway answers', 'Trying again in a moment.'];
    if (this.#status.state === 'closed') return ['Disconnected', 'The gateway ended this session.'];
    return ['Walking in…', 'The last messages are on their way.'];
  }
}

function typingText(names: readonly string[]): string {
  const [first = '', second = ''] = names;
  if (names.length === 0) return '';
  if (names.length === 1) return `${first} is typing…`;
  if (names.length === 2) return `${first} and ${second} are typing…`;
  return `${first}, ${second} and ${String(names.length - 2)} more are typing…`;
}
