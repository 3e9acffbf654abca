import type { Answering } from '../api/api.ts';

export interface ViewParts {
  readonly api: Answering;
  readonly mayAct: boolean;
}

/** One thing to look at. */
export interface View {
  /** For the title of the page. */
  readonly title: string;
  /** The tab that it belongs to. */
  readonly tab: string;
  /** What is asked costs the cluster something that grows with it: it is asked once, and again when the visitor wants it. */
  readonly isOnce?: boolean;
  /** Asks, and makes what is to be seen. @throws Refusal */
  load(parts: ViewParts): Promise<readonly (Node | undefined)[]>;
}
