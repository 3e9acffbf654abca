import { type Backplane, type LeaseTimes, Telling, type ToldEvents } from '../../src/index.ts';
import { Recorder } from '../support/recorder.ts';

/** As short as a machine with much else to do can keep to. */
export const TEST_LEASE: LeaseTimes = { leaseMs: 1500, renewMs: 300 };

/** Of rooms that say so in their names everything is written down, or some of it. */
export const TEST_TOLD: ToldEvents = {
  of: (room) => TELLINGS.find(([name]) => room.startsWith(name))?.[1] ?? Telling.Nothing,
  maxEntries: 20,
};
const TELLINGS = [
  ['told', Telling.Both],
  ['members', Telling.Members],
  ['rooms', Telling.Rooms],
] as const;

/** What a contract suite runs against: nodes over one shared state. */
export interface TestCluster {
  /** A backplane that has not been started: of the first node, or of the second, where those have different roles. */
  createBackplane(place?: 'first' | 'second'): Backplane;
  /** Loses everything that is stored, behind the nodes' backs. */
  wipe(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestNode {
  readonly backplane: Backplane;
  readonly recorder: Recorder;
}

export async function startNode(cluster: TestCluster, place?: 'first' | 'second'): Promise<TestNode> {
  const recorder = new Recorder();
  const backplane = cluster.createBackplane(place);
  await backplane.start(recorder);
  return { backplane, recorder };
}
