import './dom.ts';

import { createElement, Fragment, type ReactElement, StrictMode } from 'react';
import { createRoot, type Root } from 'react-dom/client';

/** A page with components in StrictMode, which mounts everything twice. */
export class Stage implements Disposable {
  readonly #element: HTMLElement = document.createElement('div');
  readonly #root: Root;
  /** What React has caught, or says. */
  readonly errors: unknown[] = [];

  constructor() {
    document.body.append(this.#element);
    this.#root = createRoot(this.#element, {
      onUncaughtError: (error) => this.errors.push(error),
      onCaughtError: (error) => this.errors.push(error),
    });
  }

  get text(): string {
    return this.#element.textContent;
  }

  show(...elements: readonly ReactElement[]): void {
    this.#root.render(createElement(StrictMode, null, createElement(Fragment, null, ...elements)));
  }

  [Symbol.dispose](): void {
    this.#root.unmount();
    this.#element.remove();
  }
}
