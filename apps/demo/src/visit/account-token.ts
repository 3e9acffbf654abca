import { type Admission, requestAdmission } from './accounts.ts';

export interface AccountTokenOptions {
  readonly admission: Admission;
  /** Whether the password is asked for has changed, or there is another token. */
  readonly onChange: (admission: Admission) => void;
}

/** The token of an account: the one at hand until the gateway refuses it, and another for the password, which is kept nowhere. */
export class AccountToken {
  readonly #onChange: AccountTokenOptions['onChange'];
  #admission: Admission;
  #isRefused = false;
  #renewal: Promise<string> | undefined;
  #renewed: (token: string) => void = () => undefined;

  constructor({ admission, onChange }: AccountTokenOptions) {
    this.#admission = admission;
    this.#onChange = onChange;
  }

  get user(): string {
    return this.#admission.user;
  }

  /** Whether a session waits for the password. */
  get isAsking(): boolean {
    return this.#renewal !== undefined;
  }

  /** The gateway takes the token no more. It alone can say so: this computer's clock may be anything. */
  refuse(): void {
    this.#isRefused = true;
  }

  /** A token for a connection, or one that replaces what a connection has: the latter waits for the visitor. */
  provide(isReplacement: boolean): string | Promise<string> {
    if (!isReplacement && !this.#isRefused) return this.#admission.token;
    if (this.#renewal === undefined) {
      this.#renewal = new Promise((resolve) => {
        this.#renewed = resolve;
      });
      this.#onChange(this.#admission);
    }
    return this.#renewal;
  }

  /** @throws Error that says to the visitor what is wrong */
  async renew(password: string): Promise<void> {
    this.#admission = await requestAdmission('login', { user: this.user, password });
    this.#isRefused = false;
    this.#renewed(this.#admission.token);
    this.#renewal = undefined;
    this.#onChange(this.#admission);
  }
}
