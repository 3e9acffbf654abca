import { html, type Html } from './html.ts';

export interface TableCard {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly (Html | string)[])[];
  /** Cells hold words, not figures: they wrap, and begin at the left. */
  readonly hasWords?: boolean;
}

export function renderTable({ title, heads, rows, hasWords = false }: TableCard): Html {
  return html`<div class="card">
    <h3>${title}</h3>
    <div class="scroll">
      <table class="${hasWords ? 'words' : 'figures'}">
        <thead>
          <tr>
            ${heads.map((head) => html`<th>${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (cells) =>
              html`<tr>
                ${cells.map((cell) => html`<td>${cell}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </div>`;
}

/** Names and what they stand for. */
export function renderFacts(title: string, facts: readonly (readonly [name: string, value: string])[]): Html {
  return html`<div class="card">
    <h3>${title}</h3>
    <dl>
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </div>`;
}
