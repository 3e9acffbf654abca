import { byId, h } from '@outcry/page';

export interface SegmentsOptions {
  /** The element of index.html that the choices go into; also the name of the radio group. */
  readonly id: string;
  readonly labelOf: (value: number) => string;
  readonly onChoose: (value: number) => void;
}

/** A row of radio buttons for a few numbers: arrow keys and screen readers work as they do for any radio group. */
export class Segments {
  readonly #options: SegmentsOptions;
  readonly #row: HTMLElement;
  readonly #inputs = new Map<number, HTMLInputElement>();

  constructor(options: SegmentsOptions) {
    this.#options = options;
    this.#row = byId(options.id, HTMLElement);
    this.#row.addEventListener('change', (event) => {
      if (event.target instanceof HTMLInputElement) options.onChoose(Number(event.target.value));
    });
  }

  /** Where the values are the same as before, the row stays as it is, with the focus in it. */
  show(values: readonly number[], chosen: number): void {
    if (values.join() !== [...this.#inputs.keys()].join()) {
      this.#inputs.clear();
      this.#row.replaceChildren(...values.map((value) => this.#createSegment(value)));
    }
    const input = this.#inputs.get(chosen);
    if (input !== undefined) input.checked = true;
  }

  #createSegment(value: number): HTMLElement {
    const input = h('input', { class: 'visually-hidden' });
    input.type = 'radio';
    input.name = this.#options.id;
    input.value = String(value);
    this.#inputs.set(value, input);
    return h('label', { class: 'segment' }, input, h('span', {}, this.#options.labelOf(value)));
  }
}
