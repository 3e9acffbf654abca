import { afterEach, beforeAll, beforeEach } from 'vitest';

import { startNode, type TestCluster, type TestNode } from './cluster.ts';

const START_TIMEOUT_MS = 60_000;

export interface TwoNodes {
  readonly cluster: TestCluster;
  readonly nodes: readonly [TestNode, TestNode];
}

/** Starts two nodes before each test of the suite, and loses all that is stored behind it. */
export function useTwoNodes(
  createCluster: () => Promise<TestCluster>,
  onStarted: (started: TwoNodes) => Promise<void> | void,
): void {
  let cluster: TestCluster;
  let nodes: TwoNodes['nodes'];

  beforeAll(async () => {
    cluster = await createCluster();
    return () => cluster.stop();
  }, START_TIMEOUT_MS);

  beforeEach(async () => {
    nodes = [await startNode(cluster, 'first'), await startNode(cluster, 'second')];
    await onStarted({ cluster, nodes });
  });
  afterEach(async () => {
    await Promise.all(nodes.map(({ backplane }) => backplane.close()));
    await cluster.wipe();
  });
}
