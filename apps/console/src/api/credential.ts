/** What lets its bearer in: a key, or a sign-in. */
export interface Credential {
  /** What the button is called that takes it out of the page. */
  readonly leave: string;
  /** For whoever looks, where the gateway takes it no longer. */
  readonly whenOver: string;
  /** Rises where what the gateway thinks of its bearer may be another thing now. */
  readonly version: number;
  /** What goes with a request now. @throws Refusal `signedOut` where it is over by itself, with why */
  token(): Promise<string>;
  /** Holds it in this tab from now on, through reloads. */
  keep(): void;
}
