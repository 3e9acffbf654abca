import type { JournalEntry, JournalPage, JournalState, Missing, Settlement } from './journal.ts';

/** What is stored of a partition's events, besides themselves. */
export interface StoredState extends JournalState {
  /** The last number; with an epoch of no characters nothing was numbered yet. */
  readonly seq: number;
}

interface Found {
  readonly tag: string;
  /** Of what stores it. */
  readonly run: string;
  readonly state: StoredState;
  readonly size: number;
  readonly entries: readonly JournalEntry[];
}

/** What was found, with what the numbers say is lost. */
export function toPage({ tag, run, state, size, entries }: Found): JournalPage {
  const { seq, sent, epoch, undelivered, told } = state;
  const behind = (entries[0]?.seq ?? seq + 1) - 1;
  const lost = state.lost + Math.max(0, behind - sent);
  const page = { entries, size, state: { epoch, sent: Math.max(sent, behind), lost, undelivered, told } };
  const isKnown = told === numberingOf(epoch, run);
  if (epoch === '' || (isKnown && lost === 0 && undelivered === 0)) return { ...page, missing: undefined };
  const missing: Missing = {
    id: `${tag}-${epoch}-${String(sent)}`,
    lost: isKnown ? lost : undefined,
    undelivered,
  };
  return { ...page, missing };
}

/** What is to be stored behind a settlement. */
export function toState({ state }: JournalPage, settlement: Settlement, run: string): JournalState {
  const { upTo, isMissingTold, undelivered } = settlement;
  const { epoch } = state;
  const sent = upTo?.seq ?? state.sent;
  if (isMissingTold) return { epoch, sent, lost: 0, undelivered, told: numberingOf(epoch, run) };
  return { ...state, sent, undelivered: state.undelivered + undelivered };
}

function numberingOf(epoch: string, run: string): string {
  return `${epoch}/${run}`;
}
