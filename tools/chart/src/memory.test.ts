import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { readPatch, readValue } from './deploy-files.ts';
import { CONNECTIONS_PERCENT, MEMORY, memoryLimitOf } from './memory.ts';

const ROOT = new URL('../../../', import.meta.url);
const CONTAINER = 'spec.template.spec.containers.name=gateway';
const readGateway = (path: string): unknown =>
  readValue('k8s/gateway.yaml', 'Deployment/gateway', `${CONTAINER}.${path}`);
const maxConnections = Number(readGateway('env.name=OUTCRY_MAX_CONNECTIONS.value'));

describe('the memory of a gateway', () => {
  it('is what its connections need', () => {
    expect(memoryLimitOf(maxConnections)).toBe('1Gi');
    expect(readGateway('resources')).toMatchObject({ limits: { memory: '1Gi' }, requests: { memory: '1Gi' } });
    expect([1, 10_000, 50_000, 200_000, 1_000_000].map(memoryLimitOf)).toEqual([
      '256Mi',
      '320Mi',
      '640Mi',
      '1792Mi',
      '8064Mi',
    ]);
  });

  it('has room for all that was measured, and for slow clients besides', () => {
    const { rows } = JSON.parse(readFileSync(new URL('bench/results/memory.json', ROOT), 'utf8')) as {
      readonly rows: readonly { readonly name: string; readonly kib: number; readonly baseMib: number }[];
    };
    const outcry = rows.filter(({ name }) => name.startsWith('outcry-'));
    expect(outcry).toHaveLength(2);
    for (const { kib, baseMib } of outcry) {
      expect(MEMORY.connectionKib100 / 100).toBeGreaterThanOrEqual(kib);
      expect(MEMORY.baseMib).toBeGreaterThan(baseMib);
    }
  });

  it('is of a whole number of connections', () => {
    for (const wrong of [0, -1, 1.5, Number.NaN])
      expect(() => memoryLimitOf(wrong)).toThrow('a whole number from 1 on');
  });

  it('is what docs/OPERATIONS.md says', () => {
    const { baseMib, connectionKib100, slowOf1000, hardBufferKib, stepMib } = MEMORY;
    const operations = readFileSync(new URL('docs/OPERATIONS.md', ROOT), 'utf8');
    expect(operations).toContain(
      `${String(baseMib)} MiB + connections × (${String(connectionKib100 / 100)} KiB + ${String(slowOf1000)} ‰ × ${String(hardBufferKib / 1024)} MiB), up to a multiple of ${String(stepMib)} MiB`,
    );
  });
});

describe('gateways by their connections', () => {
  it('are added long before one is full', () => {
    const target = String((maxConnections * CONNECTIONS_PERCENT) / 100);
    const keda = readValue(
      'k8s-components/keda/scaled-object.yaml',
      'ScaledObject/gateway',
      'spec.triggers.1.metadata',
    );
    expect(keda).toMatchObject({ threshold: target });
    const [metric] = readPatch('k8s-components/connections', 'HorizontalPodAutoscaler', 'gateway') as [
      { readonly value: { readonly pods: object } },
    ];
    expect(metric.value.pods).toMatchObject({ target: { averageValue: target.replace(/000$/, 'k') } });
  });

  it('are as many as without KEDA', () => {
    const plain = (path: string): unknown => readValue('k8s/gateway.yaml', 'HorizontalPodAutoscaler/gateway', path);
    const scaled = (path: string): unknown =>
      readValue('k8s-components/keda/scaled-object.yaml', 'ScaledObject/gateway', path);
    expect([scaled('spec.minReplicaCount'), scaled('spec.maxReplicaCount')]).toEqual([
      plain('spec.minReplicas'),
      plain('spec.maxReplicas'),
    ]);
    expect(scaled('spec.triggers.0.metadata.value')).toBe(
      String(plain('spec.metrics.0.resource.target.averageUtilization')),
    );
    expect(scaled('spec.advanced.horizontalPodAutoscalerConfig.behavior')).toEqual(plain('spec.behavior'));
  });
});
