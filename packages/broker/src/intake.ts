/**
 * What a node hears of the others. While it is held nothing is delivered, and nothing is lost: what comes waits outside of
 * the process, but for the first of it, and is read in one go afterwards, which costs a fraction of reading each as it comes.
 *
 * To be held for milliseconds only: everything that is heard waits, answers to pings included.
 */
export interface Intake {
  hold(): void;
  /** Repeating it changes nothing. */
  release(): void;
}
