import { byId } from '@outcry/page';

/** On a small screen one panel is shown at a time; on a larger one the style sheet shows them all. */
export class Tabs {
  readonly #floor = byId('floor', HTMLElement);
  readonly #tabs: readonly HTMLButtonElement[];
  readonly #onShow: (panel: string) => void;

  constructor(onShow: (panel: string) => void) {
    this.#onShow = onShow;
    this.#tabs = [...this.#floor.querySelectorAll<HTMLButtonElement>('.tab')];
    for (const tab of this.#tabs) {
      tab.addEventListener('click', () => {
        this.show(tab.dataset['panel'] ?? '');
      });
    }
  }

  show(panel: string): void {
    this.#floor.dataset['tab'] = panel;
    for (const tab of this.#tabs) tab.ariaPressed = String(tab.dataset['panel'] === panel);
    this.#onShow(panel);
  }
}
