/**
 * The members of a room on this node, by connection. Most rooms are inboxes with one member at a time, and a node has as many of
 * them as it has users: a map is made for the second member only.
 */
export class Members<M extends { readonly connection: string }> {
  #only: M | undefined;
  /** Present once there have been two at a time; then it holds all. */
  #several: Map<string, M> | undefined;

  get isEmpty(): boolean {
    return this.#several === undefined ? this.#only === undefined : this.#several.size === 0;
  }

  get(connection: string): M | undefined {
    if (this.#several !== undefined) return this.#several.get(connection);
    return this.#only?.connection === connection ? this.#only : undefined;
  }

  /** Takes the place of the connection's membership, where it has one. */
  add(member: M): void {
    if (this.#several === undefined) {
      if (this.#only === undefined || this.#only.connection === member.connection) {
        this.#only = member;
        return;
      }
      this.#several = new Map([[this.#only.connection, this.#only]]);
      this.#only = undefined;
    }
    this.#several.set(member.connection, member);
  }

  /** Whether the connection was a member. */
  delete(connection: string): boolean {
    if (this.#several !== undefined) return this.#several.delete(connection);
    if (this.#only?.connection !== connection) return false;
    this.#only = undefined;
    return true;
  }
}
