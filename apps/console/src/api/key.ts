import type { Credential } from './credential.ts';

const NAME = 'outcry-console-key';

/** The key of whoever looks: in the page, and in this tab's storage where they want to keep it through reloads. */
export class Key implements Credential {
  readonly leave = 'Forget key';
  readonly whenOver = 'That key is good no longer';
  readonly version = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The one that this tab has kept. */
  static kept(): Key | undefined {
    const text = sessionStorage.getItem(NAME);
    return text === null ? undefined : new Key(text);
  }

  static forget(): void {
    sessionStorage.removeItem(NAME);
  }

  token(): Promise<string> {
    return Promise.resolve(this.#text);
  }

  keep(): void {
    sessionStorage.setItem(NAME, this.#text);
  }
}

/** What a header can carry: anything else is no key. */
export function isKey(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
