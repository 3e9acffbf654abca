import type { Profiler } from 'node:inspector';

import type { Spec } from 'vega';

/** A box: a function, under the one that called it. Times are parts of the whole, 0 to 1. */
export interface Box {
  readonly name: string;
  readonly place: string;
  readonly depth: number;
  readonly from: number;
  readonly to: number;
}

/** What is no work: V8's name for the time in which no JavaScript runs and none waits to. */
const IDLE = '(idle)';
/** Boxes that are narrower cannot be seen. */
const MIN_WIDTH = 0.001;

/** What a profile holds of some milliseconds before its end: a process starts, warms up and ends, and only between these it does its work. */
export function cut(profile: Profiler.Profile, { fromMs, toMs }: { fromMs: number; toMs: number }): Profiler.Profile {
  const { samples = [], timeDeltas = [] } = profile;
  let micros = timeDeltas.reduce((sum, delta) => sum + delta, 0);
  const kept = samples.map((id, index) => {
    const delta = timeDeltas[index] ?? 0;
    const beforeEnd = (micros -= delta) / 1000;
    return { id, delta, isWithin: beforeEnd <= fromMs && beforeEnd >= toMs };
  });
  const within = kept.filter(({ isWithin }) => isWithin);
  return { ...profile, samples: within.map(({ id }) => id), timeDeltas: within.map(({ delta }) => delta) };
}

/** Lays a CPU profile of V8 out as a flame graph, the callers below. */
export function layOut({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Box[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const own = new Map<number, number>();
  for (const [index, id] of samples.entries()) {
    if (byId.get(id)?.callFrame.functionName === IDLE) continue;
    own.set(id, (own.get(id) ?? 0) + Math.max(0, timeDeltas[index] ?? 0));
  }
  const total = new Map<number, number>();
  const sum = (node: Profiler.ProfileNode): number => {
    const children = (node.children ?? []).map((id) => byId.get(id)).filter((child) => child !== undefined);
    const micros = children.reduce((all, child) => all + sum(child), own.get(node.id) ?? 0);
    total.set(node.id, micros);
    return micros;
  };
  const root = nodes[0];
  if (root === undefined) return [];
  const whole = sum(root);
  const boxes: Box[] = [];
  const place = (node: Profiler.ProfileNode, depth: number, from: number): void => {
    const to = from + (total.get(node.id) ?? 0) / whole;
    if (to - from < MIN_WIDTH) return;
    boxes.push({ name: nameOf(node), place: placeOf(node), depth, from, to });
    let at = from;
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) place(child, depth + 1, at);
      at += (total.get(id) ?? 0) / whole;
    }
  };
  place(root, 0, 0);
  return boxes;
}

const WIDTH = 1400;
const BOX_HEIGHT = 16;
const CHARACTER_WIDTH = 6.2;

/** Draws boxes, those of this repository in colour. */
export function drawFlameGraph(boxes: readonly Box[], title: string): Spec {
  const height = (Math.max(0, ...boxes.map(({ depth }) => depth)) + 1) * BOX_HEIGHT;
  const y = { signal: `${String(height)} - (datum.depth + 1) * ${String(BOX_HEIGHT)}` };
  const isOurs = "indexof(datum.place, 'services/') === 0 || indexof(datum.place, 'packages/') === 0";
  const fit = `slice(datum.name, 0, max(0, floor((datum.to - datum.from) * ${String(WIDTH)} / ${String(CHARACTER_WIDTH)}) - 1))`;
  return {
    width: WIDTH,
    height,
    background: 'white',
    title: { text: title },
    data: [{ name: 'boxes', values: boxes.map((box) => ({ ...box })) }],
    marks: [
      {
        type: 'rect',
        from: { data: 'boxes' },
        encode: {
          enter: {
            x: { signal: `datum.from * ${String(WIDTH)}` },
            x2: { signal: `datum.to * ${String(WIDTH)}` },
            y,
            height: { value: BOX_HEIGHT - 1 },
            fill: [{ test: isOurs, value: '#ff8c42' }, { value: '#dee2e6' }],
            stroke: { value: 'white' },
            description: { signal: "datum.name + ' ' + datum.place + ' ' + format(datum.to - datum.from, '.1%')" },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'boxes' },
        encode: {
          enter: {
            x: { signal: `datum.from * ${String(WIDTH)} + 3` },
            y,
            dy: { value: BOX_HEIGHT - 5 },
            fontSize: { value: 10 },
            text: { signal: fit },
          },
        },
      },
    ],
  };
}

function nameOf({ callFrame }: Profiler.ProfileNode): string {
  return callFrame.functionName === '' ? '(anonymous)' : callFrame.functionName;
}

/** The file from the repository's root, and its line. */
function placeOf({ callFrame: { url, lineNumber } }: Profiler.ProfileNode): string {
  const path = /(?:node_modules|services|packages)\/.*$/.exec(url)?.[0] ?? url;
  return path === '' ? '' : `${path}:${String(lineNumber + 1)}`;
}
