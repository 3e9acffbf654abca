import { describe, expect, it } from 'vitest';

import { placePanels } from './place-panels.ts';

interface Sized {
  readonly kind: 'stat' | 'curves';
  readonly weight?: number;
}

/** As `x,y w×h`. */
function placesOf(panels: readonly Sized[], top = 1): readonly string[] {
  return placePanels(panels, top).places.map(
    ([, { x, y, w, h }]) => `${String(x)},${String(y)} ${String(w)}×${String(h)}`,
  );
}

function some(stats: number, curves: number): readonly Sized[] {
  return [
    ...Array.from({ length: stats }, () => ({ kind: 'stat' }) as const),
    ...Array.from({ length: curves }, () => ({ kind: 'curves' }) as const),
  ];
}

describe('placePanels', () => {
  it.each(Array.from({ length: 7 }, (_, stats) => Array.from({ length: 8 }, (_, curves) => [stats, curves])).flat())(
    'leaves no hole between %d numbers and %d curves',
    (stats = 0, curves = 0) => {
      const { places, height } = placePanels(some(stats, curves), 1);
      const cells = places.flatMap(([, { x, y, w, h }]) =>
        Array.from({ length: w * h }, (_, i) => `${String(x + (i % w))} ${String(y + Math.floor(i / w))}`),
      );
      expect(places).toHaveLength(stats + curves);
      expect(new Set(cells).size).toBe(cells.length);
      expect(cells).toHaveLength(24 * height);
    },
  );

  it('has many numbers in a line of their own', () => {
    expect(placesOf(some(3, 2))).toEqual(['0,1 8×4', '8,1 8×4', '16,1 8×4', '0,5 12×8', '12,5 12×8']);
  });

  it('has few of them above each other, beside curves', () => {
    expect(placesOf(some(2, 2))).toEqual(['0,1 4×4', '0,5 4×4', '4,1 10×8', '14,1 10×8']);
    expect(placesOf(some(1, 1))).toEqual(['0,1 4×8', '4,1 20×8']);
  });

  it('gives more room to what has more to say', () => {
    expect(placesOf([{ kind: 'stat' }, { kind: 'stat', weight: 4 }, { kind: 'stat' }])).toEqual([
      '0,1 4×4',
      '4,1 16×4',
      '20,1 4×4',
    ]);
  });
});
