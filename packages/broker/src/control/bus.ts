/**
 * Words from one node to all of them, itself included: what an operator wants done wherever it has to be done. Nothing is
 * stored: a node that does not hear Redis at the moment is not told, and not counted.
 *
 * Calls reject with an `OutcryError` of code `unavailable`, or `closed`.
 */
export interface ControlBus {
  /** Resolves with how many nodes were told. */
  tell(notice: string): Promise<number>;
  /** Calls back with each notice, once per node. The callback never throws. A second call replaces the first. */
  watch(onNotice: (notice: string) => void): Promise<void>;
}
