import { byId, setText } from '@outcry/page';

const SHOW_LEFT_BELOW = 120;

export interface ComposerOptions {
  /** In UTF-16 units. */
  readonly maxLength: number;
  readonly onTyping: () => void;
  readonly onSay: (text: string) => void;
}

/** The line to write in: Enter sends, Shift and Enter begin a new line, and it grows with what is written. */
export class Composer {
  readonly #options: ComposerOptions;
  readonly #input = byId('chat-input', HTMLTextAreaElement);
  readonly #left = byId('chat-left', HTMLElement);

  constructor(options: ComposerOptions) {
    this.#options = options;
    this.#input.maxLength = options.maxLength;
    this.#listen();
  }

  get text(): string {
    return this.#input.value;
  }

  set text(text: string) {
    this.#input.value = text;
    this.#fit();
  }

  set placeholder(text: string) {
    this.#input.placeholder = text;
  }

  focus(): void {
    this.#input.focus();
  }

  #listen(): void {
    this.#input.addEventListener('input', () => {
      this.#fit();
      if (this.text.trim() !== '') this.#options.onTyping();
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
    const text = this.text.trim();
    if (text === '') return;
    this.text = '';
    this.#options.onSay(text);
    this.focus();
  }

  #fit(): void {
    this.#input.style.height = 'auto';
    this.#input.style.height = `${String(this.#input.scrollHeight)}px`;
    const left = this.#options.maxLength - this.text.length;
    setText(this.#left, left < SHOW_LEFT_BELOW ? `${String(left)} left` : '');
  }
}
