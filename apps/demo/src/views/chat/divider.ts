import { h } from '@outcry/page';

import { durationText } from '../../text/duration.ts';
import type { DividerEntry, Interruption } from '../../log/entry.ts';

const COUNT = new Intl.NumberFormat('en');

/** A line in the log that says what has interrupted the conversation. */
export function createDivider(entry: DividerEntry): HTMLElement {
  const kind = entry.isGap ? 'divider-gap' : 'divider-resumed';
  const divider = h('li', { class: `divider ${kind}` }, h('span', {}, interruptionText(entry)));
  divider.dataset['testid'] = kind;
  return divider;
}

/** What happened, and what is missing for it, no more than is known. */
export function interruptionText({ cause, isGap, missing, awayMs }: Interruption): string {
  const back = awayMs === undefined ? '' : `Reconnected after ${durationText(awayMs)}. `;
  if (!isGap) return `${back}Nothing was missed`;
  if (cause === 'restart') return `${back}The room began anew here: what was said last may be lost`;
  return `${back}${missingText(missing)}`;
}

function missingText(missing: number | undefined): string {
  if (missing === undefined) return 'Messages may be missing here';
  return missing === 1 ? '1 message is missing here' : `${COUNT.format(missing)} messages are missing here`;
}
