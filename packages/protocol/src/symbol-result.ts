/** What became of one symbol of a request that names several. */
export interface SymbolResult {
  readonly symbol: string;
  /** Absent where the request succeeded for this symbol; otherwise what an `error` frame would say. */
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly retryable: boolean;
  };
}
