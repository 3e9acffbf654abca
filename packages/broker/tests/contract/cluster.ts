import type { Backplane, LeaseTimes } from '../../src/index.ts';
import { Recorder } from '../support/recorder.ts';

/** As short as a machine with much else to do can keep to. */
export const TEST_LEASE: LeaseTimes = { leaseMs: 1500, renewMs: 300 };

/** What a contract suite runs against: nodes over one shared state. */
export interface TestCluster {
  /** A backplane that has not been started. */
  createBackplane(): Backplane;
  /** Loses everything that is stored, behind the nodes' backs. */
  wipe(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestNode {
  readonly backplane: Backplane;
  readonly recorder: Recorder;
}

export async function startNode(cluster: TestCluster): Promise<TestNode> {
  const recorder = new Recorder();
  const backplane = cluster.createBackplane();
  await backplane.start(recorder);
  return { backplane, recorder };
}
