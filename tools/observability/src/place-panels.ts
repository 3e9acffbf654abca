import type { GridPosition, Panel } from './panel.ts';

const WIDTH = 24;
const COLUMN = 4;
const NUMBER_HEIGHT = 4;
const CURVES_HEIGHT = 8;
/** So many numbers have a line of their own; fewer stand beside curves, two above each other. */
const MANY_NUMBERS = 3;
const CURVES_IN_A_LINE = 3;

type Sized = Pick<Panel, 'kind' | 'weight'>;
type Place<T> = readonly [panel: T, position: GridPosition];

export interface Placed<T> {
  readonly places: readonly Place<T>[];
  readonly height: number;
}

/** The panels of a row from its top on, numbers first, without holes: curves share what is left of a line. */
export function placePanels<T extends Sized>(panels: readonly T[], top: number): Placed<T> {
  const numbers = panels.filter(({ kind }) => kind === 'stat');
  const curves = panels.filter(({ kind }) => kind === 'curves');
  const hasOwnLine = curves.length === 0 || (numbers.length >= MANY_NUMBERS && curves.length > 1);
  const curvesTop = top + (hasOwnLine && numbers.length > 0 ? NUMBER_HEIGHT : 0);
  const columns = hasOwnLine ? 0 : Math.ceil(numbers.length / 2);
  const lines = divide(curves, Math.ceil(curves.length / CURVES_IN_A_LINE));
  const places = [
    ...(hasOwnLine
      ? shareLine(numbers, { x: 0, y: top, h: NUMBER_HEIGHT })
      : numbers.map((panel, index) => stack(panel, { index, count: numbers.length, top }))),
    ...lines.flatMap((line, index) =>
      shareLine(line, {
        x: index === 0 ? columns * COLUMN : 0,
        y: curvesTop + index * CURVES_HEIGHT,
        h: CURVES_HEIGHT,
      }),
    ),
  ];
  return { places, height: curvesTop + lines.length * CURVES_HEIGHT - top };
}

/** Two above each other; one that is left over has the height of both. */
function stack<T>(panel: T, at: { readonly index: number; readonly count: number; readonly top: number }): Place<T> {
  const { index, count, top } = at;
  const isAlone = index === count - 1 && count % 2 === 1;
  const x = Math.floor(index / 2) * COLUMN;
  const y = top + (index % 2) * NUMBER_HEIGHT;
  return [panel, { x, y, w: COLUMN, h: isAlone ? CURVES_HEIGHT : NUMBER_HEIGHT }];
}

/** Side by side up to the right edge, each as wide as its weight has it. */
function shareLine<T extends Sized>(panels: readonly T[], { x, y, h }: Omit<GridPosition, 'w'>): readonly Place<T>[] {
  const weights = panels.map(({ weight = 1 }) => weight);
  const edgeOf = (count: number): number =>
    x + Math.round(((WIDTH - x) * total(weights.slice(0, count))) / total(weights));
  return panels.map((panel, index) => {
    const left = edgeOf(index);
    return [panel, { x: left, y, w: edgeOf(index + 1) - left, h }];
  });
}

/** Into lines of which none has more than one more than another. */
function divide<T>(things: readonly T[], count: number): readonly (readonly T[])[] {
  return Array.from({ length: count }, (_, index) =>
    things.slice(Math.ceil((index * things.length) / count), Math.ceil(((index + 1) * things.length) / count)),
  );
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
