import { type Child, h } from '@outcry/page';

import type { Asked } from '../api/answers.ts';
import { clock, exactly } from '../words/times.ts';

/** Where things are, behind the `#`. */
export const at = {
  overview: '#/',
  room: (name: string): string => `#/rooms/${encodeURIComponent(name)}`,
  roomsBy: (by: string): string => `#/rooms?by=${by}`,
  user: (name: string): string => `#/users/${encodeURIComponent(name)}`,
  connection: (name: string): string => `#/connections/${encodeURIComponent(name)}`,
  books: '#/books',
  health: '#/health',
  shards: '#/health/shards',
  hooks: '#/health/hooks',
  archive: '#/health/archive',
} as const;

/** Names are written by strangers: they stand by themselves, whichever way they are read. */
export function nameLink(href: string, name: string): HTMLElement {
  return h('a', { href, class: 'name' }, h('bdi', {}, name));
}

export function time(unixMs: number): HTMLElement {
  return h('time', { datetime: exactly(unixMs), title: exactly(unixMs) }, clock(unixMs));
}

export type Tone = 'good' | 'warn' | 'bad' | 'plain';

export function badge(tone: Tone, text: string): HTMLElement {
  return h('span', { class: `badge badge-${tone}` }, text);
}

/** A share of something, drawn; the figure stands beside it. */
export function bar(share: number, tone: Tone = 'plain'): HTMLElement {
  const width = Math.round(Math.min(1, Math.max(0, share)) * 20) * 5;
  return h('span', { class: `bar bar-${tone} w${String(width)}`, 'aria-hidden': 'true' }, h('span', {}));
}

/** A button that does something, once that is confirmed (page/actions.ts). */
export function actionButton(
  action: string,
  subject: string,
  { text, mayAct }: { text: string; mayAct: boolean },
): HTMLElement {
  const why = mayAct ? undefined : 'You may look here, and change nothing';
  return h(
    'button',
    {
      ...{ type: 'button', class: 'button button-small', 'data-action': action, 'data-subject': subject },
      ...{ disabled: !mayAct, title: why, 'data-testid': `do-${action}` },
    },
    text,
  );
}

export function card(title: string, ...children: readonly Child[]): HTMLElement {
  return h('section', { class: 'card', 'aria-label': title }, h('h2', { class: 'card-title' }, title), ...children);
}

/** A card whose head has more than a title. */
export function cardWith(title: string, head: readonly Child[], ...children: readonly Child[]): HTMLElement {
  return h(
    'section',
    { class: 'card', 'aria-label': title },
    h('div', { class: 'card-head' }, h('h2', { class: 'card-title' }, title), ...head),
    ...children,
  );
}

export function empty(text: string): HTMLElement {
  return h('p', { class: 'empty' }, text);
}

export function hint(...children: readonly Child[]): HTMLElement {
  return h('p', { class: 'hint' }, ...children);
}

export interface Column<T> {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly isFigure?: boolean;
  readonly show: (row: T) => Child | readonly Child[];
}

export interface TableOf<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly testId?: string;
  /** Columns are as wide as in the tables beside it. */
  readonly isEven?: boolean;
}

/** A table that becomes a list of cards where the screen is narrow. */
export function table<T>({ caption, columns, rows, keyOf, testId, isEven }: TableOf<T>): HTMLElement {
  const head = columns.map(({ title, isFigure }) =>
    h('th', { scope: 'col', class: isFigure === true ? 'figure' : undefined }, title),
  );
  const body = rows.map((row) =>
    h('tr', { 'data-key': keyOf(row), 'data-testid': testId }, ...columns.map((column) => cell(column, row))),
  );
  return h(
    'table',
    { class: isEven === true ? 'table table-even' : 'table' },
    h('caption', { class: 'visually-hidden' }, caption),
    h('thead', {}, h('tr', {}, ...head)),
    h('tbody', {}, ...body),
  );
}

function cell<T>({ title, isFigure, show }: Column<T>, row: T): HTMLElement {
  const shown = show(row);
  const children = Array.isArray(shown) ? (shown as readonly Child[]) : [shown as Child];
  return h('td', { 'data-title': title, class: isFigure === true ? 'figure' : undefined }, ...children);
}

/** What stands for itself at the top of a view. */
export function figure(title: string, value: string, tone: Tone = 'plain'): HTMLElement {
  return h('div', { class: `figure-card figure-${tone}` }, h('dt', {}, title), h('dd', {}, value));
}

/** Gateways that have not answered: what is shown is not all. */
export function silentNote(silent: readonly string[]): HTMLElement | undefined {
  if (silent.length === 0) return undefined;
  return h(
    'p',
    { class: 'note note-warn', 'data-testid': 'silent' },
    `No answer from ${silent.join(', ')}: what they know is missing here.`,
  );
}

/** The same of what all gateways are asked, or that nobody but one could be. */
export function askedNote({ silent, alone }: Asked): HTMLElement | undefined {
  if (alone === undefined) return silentNote(silent);
  return h(
    'p',
    { class: 'note note-bad', 'data-testid': 'alone' },
    `The other gateways cannot be asked: this is what one knows by itself. ${alone}`,
  );
}
