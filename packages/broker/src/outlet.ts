/** What a node has for the others, and for what they share. What one turn of the loop has leaves together. */
export interface Outlet {
  /**
   * @param windowMs asked whenever a turn has something: how long that may wait for what the turns behind it have, in ms. It waits for
   * a millisecond at the most, and not at all while this says 0.
   */
  gatherFor(windowMs: () => number): void;
}
