import { byId, setText } from '@outcry/page';

/** An input and the line below it that says what is wrong. */
export class Field {
  readonly #input: HTMLInputElement;
  readonly #problem: HTMLElement;
  readonly #problemOf: (value: string) => string | undefined;
  readonly #read: (typed: string) => string;

  constructor(id: string, problemOf: (value: string) => string | undefined, read: (typed: string) => string = String) {
    this.#input = byId(id, HTMLInputElement);
    this.#problem = byId(`${id}-problem`, HTMLElement);
    this.#problemOf = problemOf;
    this.#read = read;
    this.#input.addEventListener('input', () => {
      this.say(undefined);
    });
  }

  get value(): string {
    return this.#read(this.#input.value);
  }

  set value(value: string) {
    this.#input.value = value;
  }

  set isShown(isShown: boolean) {
    const label = this.#input.closest('label');
    if (label !== null) label.hidden = !isShown;
  }

  set autocomplete(value: AutoFill) {
    this.#input.autocomplete = value;
  }

  focus(): void {
    this.#input.focus();
  }

  /** Shows the problem and takes the visitor to it, if there is one. */
  check(): boolean {
    const problem = this.#problemOf(this.value);
    this.say(problem);
    if (problem !== undefined) this.focus();
    return problem === undefined;
  }

  /** Shows a problem, or none. */
  say(problem: string | undefined): void {
    setText(this.#problem, problem ?? '');
    this.#input.ariaInvalid = problem === undefined ? null : 'true';
  }
}
