import { describe, expect, it } from 'vitest';

import { assignPartitions } from './assign-partitions.ts';

const PARTITIONS = Array.from({ length: 16 }, (_, i) => String(i));

function sizesOf(services: readonly string[]): readonly number[] {
  const assignment = [...assignPartitions(PARTITIONS, services).values()];
  return services.map((service) => assignment.filter((other) => other === service).length);
}

describe('assignPartitions', () => {
  it.each([
    [1, 16, 16],
    [2, 8, 8],
    [3, 4, 6],
    [16, 1, 1],
    [20, 0, 1],
  ])('gives each of %d services between %d and %d', (count, least, most) => {
    const sizes = sizesOf(Array.from({ length: count }, (_, i) => `service-${String(i)}`));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(16);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(most);
  });

  it('is the same for all, whoever they hear of first', () => {
    const services = ['c', 'a', 'b'];
    expect(assignPartitions(PARTITIONS, services)).toEqual(assignPartitions(PARTITIONS, services.toReversed()));
  });

  it('assigns nothing where nobody is there', () => {
    expect(assignPartitions(PARTITIONS, []).size).toBe(0);
  });
});
