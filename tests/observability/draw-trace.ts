import type { CollectedSpan } from '@outcry/testkit';

/** A span as it is drawn: a collector's, or one that somebody has made who has no collector. */
export type DrawnSpan = Pick<
  CollectedSpan,
  'instance' | 'spanId' | 'parentSpanId' | 'name' | 'startMs' | 'ms' | 'links'
>;

const WIDTH = 960;
const ROW = 26;
const TOP = 56;
const LABELS = 300;
const RIGHT = 84;
const BAR = 14;
const TICKS = 5;
const COLOURS = ['#475569', '#2563eb', '#0d9488', '#c2410c', '#7c3aed', '#be185d'];

/** A waterfall of one trace as SVG: a row for each span, parents above their children; a dashed arrow for each link. */
export function drawTrace(spans: readonly DrawnSpan[], title: string): string {
  const rows = inOrder(spans);
  const from = Math.min(...spans.map(({ startMs }) => startMs));
  const totalMs = Math.max(...spans.map(({ startMs, ms }) => startMs + ms)) - from;
  const x = (ms: number): number => LABELS + ((ms - from) / totalMs) * (WIDTH - LABELS - RIGHT);
  const instances = [...new Set(rows.map(({ span }) => span.instance))];
  const rowOf = new Map(rows.map(({ span }, row) => [span.spanId, { span, row }]));
  const height = TOP + rows.length * ROW + 16;
  const bars = rows.map((each, row) =>
    drawRow(each, { x, y: TOP + row * ROW, colour: colourOf(instances, each.span) }),
  );
  const arrows = rows.flatMap(({ span }, row) =>
    span.links.flatMap((link) => {
      const cause = rowOf.get(link.spanId);
      return cause === undefined ? [] : [drawArrow(cause, { span, row }, x)];
    }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${px(WIDTH)} ${px(height)}" width="${px(WIDTH)}" height="${px(height)}" font-family="ui-sans-serif, system-ui, sans-serif" font-size="12">
<title>${escape(title)}</title>
<defs><marker id="head" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 0 6 3 0 6z" fill="#b45309"/></marker></defs>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="16" y="24" font-size="14" font-weight="600" fill="#0f172a">${escape(title)}</text>
${drawScale(totalMs, height)}
${[...bars, ...arrows].join('\n')}
</svg>
`;
}

interface Row {
  readonly span: DrawnSpan;
  readonly depth: number;
}

/** Children below their parents, all of them by time. */
function inOrder(spans: readonly DrawnSpan[]): readonly Row[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const sorted = spans.toSorted((a, b) => a.startMs - b.startMs);
  const below = (parent: string | undefined, depth: number): readonly Row[] =>
    sorted
      .filter(({ parentSpanId }) => (ids.has(parentSpanId ?? '') ? parentSpanId : undefined) === parent)
      .flatMap((span) => [{ span, depth }, ...below(span.spanId, depth + 1)]);
  return below(undefined, 0);
}

interface Place {
  readonly x: (ms: number) => number;
  readonly y: number;
  readonly colour: string;
}

function drawRow({ span, depth }: Row, { x, y, colour }: Place): string {
  const start = x(span.startMs);
  const width = Math.max(2, x(span.startMs + span.ms) - start);
  const middle = px(y + ROW / 2 + 4);
  return `<text x="${px(16 + depth * 14)}" y="${middle}" fill="#0f172a">${escape(span.name)} <tspan fill="${colour}">${escape(span.instance)}</tspan></text>
<rect x="${px(start)}" y="${px(y + (ROW - BAR) / 2)}" width="${px(width)}" height="${px(BAR)}" rx="3" fill="${colour}"/>
<text x="${px(start + width + 6)}" y="${middle}" fill="#475569">${span.ms.toFixed(2)} ms</text>`;
}

function drawArrow(
  from: { span: DrawnSpan; row: number },
  to: { span: DrawnSpan; row: number },
  x: Place['x'],
): string {
  const [fromY, toY] = [from, to].map(({ row }) => TOP + row * ROW + ROW / 2) as [number, number];
  const [start, end] = [x(from.span.startMs), x(to.span.startMs)];
  const bend = Math.min(start, end) - 14;
  return `<path d="M${px(start)} ${px(fromY)} C${px(bend)} ${px(fromY)} ${px(bend)} ${px(toY)} ${px(end)} ${px(toY)}" fill="none" stroke="#b45309" stroke-width="1.2" stroke-dasharray="4 3" marker-end="url(#head)"/>`;
}

function drawScale(totalMs: number, height: number): string {
  return Array.from({ length: TICKS + 1 }, (_, i) => {
    const at = LABELS + (i / TICKS) * (WIDTH - LABELS - RIGHT);
    return `<path d="M${px(at)} ${px(TOP - 8)}V${px(height - 12)}" stroke="#e2e8f0"/><text x="${px(at)}" y="${px(TOP - 14)}" fill="#64748b" text-anchor="middle">${((i / TICKS) * totalMs).toFixed(1)} ms</text>`;
  }).join('\n');
}

function colourOf(instances: readonly string[], { instance }: DrawnSpan): string {
  return COLOURS[instances.indexOf(instance) % COLOURS.length] ?? '';
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${String(sign.charCodeAt(0))};`);
}
