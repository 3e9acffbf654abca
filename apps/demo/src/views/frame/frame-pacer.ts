/** Faster than this nobody reads. */
const GAP_MS = 100;

/** When to draw: with the next frame of the screen after somebody's own act, at most ten times a second for what comes. */
export class FramePacer {
  readonly #draw: () => void;
  #drawnAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasFrame = false;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** Something has come; the first of it is drawn at once. */
  soon(): void {
    if (this.#hasFrame || this.#timer !== undefined) return;
    const waitMs = this.#drawnAt + GAP_MS - performance.now();
    if (waitMs <= 0) {
      this.now();
      return;
    }
    this.#timer = setTimeout(() => {
      this.now();
    }, waitMs);
  }

  /** The visitor has done something. */
  now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#hasFrame) return;
    this.#hasFrame = true;
    const draw = (): void => {
      this.#hasFrame = false;
      this.#drawnAt = performance.now();
      this.#draw();
    };
    // A page that nobody sees is given no frames, and still has a title.
    if (document.visibilityState === 'visible') requestAnimationFrame(draw);
    else setTimeout(draw);
  }
}
