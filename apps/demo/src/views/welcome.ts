import { nameProblem, roomProblem, toName } from '../names.ts';
import type { Visit } from '../visit.ts';
import { byId, setText } from './dom.ts';

/** Shows the form with what is known already, and resolves with a name and a room that can be used. */
export function askVisitor(known: Visit): Promise<Visit> {
  const name = new Field('join-name', nameProblem);
  const room = new Field('join-room', roomProblem);
  name.value = known.name;
  room.value = known.room;
  byId('welcome', HTMLElement).hidden = false;
  if (known.name !== '') name.check();
  name.focus();
  return new Promise((resolve) => {
    const form = byId('join-form', HTMLFormElement);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const isRoomFine = room.check();
      if (!name.check() || !isRoomFine) return;
      byId('welcome', HTMLElement).hidden = true;
      resolve({ name: name.value, room: room.value });
    });
  });
}

/** An input and the line below it that says what is wrong. */
class Field {
  readonly #input: HTMLInputElement;
  readonly #problem: HTMLElement;
  readonly #problemOf: (value: string) => string | undefined;

  constructor(id: string, problemOf: (value: string) => string | undefined) {
    this.#input = byId(id, HTMLInputElement);
    this.#problem = byId(`${id}-problem`, HTMLElement);
    this.#problemOf = problemOf;
    this.#input.addEventListener('input', () => {
      this.#show(undefined);
    });
  }

  get value(): string {
    return toName(this.#input.value);
  }

  set value(value: string) {
    this.#input.value = value;
  }

  focus(): void {
    this.#input.focus();
  }

  /** Shows the problem and takes the visitor to it, if there is one. */
  check(): boolean {
    const problem = this.#problemOf(this.value);
    this.#show(problem);
    if (problem !== undefined) this.focus();
    return problem === undefined;
  }

  #show(problem: string | undefined): void {
    setText(this.#problem, problem ?? '');
    this.#input.ariaInvalid = problem === undefined ? null : 'true';
  }
}
