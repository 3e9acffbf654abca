import { html, type Html } from './html.ts';

/** A pill that says how it went. */
export function renderVerdict(hasPassed: boolean, wasInterrupted: boolean): Html {
  const kind = hasPassed ? 'passed' : 'failed';
  return html`<span class="verdict ${kind}">${kind}${wasInterrupted ? ', interrupted' : ''}</span>`;
}
