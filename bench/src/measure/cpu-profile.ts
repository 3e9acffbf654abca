import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A node of a V8 CPU profile: a function as it was called from its parent. */
interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** The node that each sample stood at, and the microseconds since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Work of a name, known by a part of the path of the source file in which it is done. */
export interface Work {
  readonly name: string;
  readonly files: readonly string[];
}

/** The file that `node --cpu-prof` has written into the folder. */
export function readProfile(folder: string): CpuProfile {
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error(`expected a CPU profile in ${folder}`);
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
}

/**
 * The share of each work in the time that the event loop was busy. Time counts for the innermost function that belongs to any
 * work, so what a shared helper does counts for its caller. What is left over is "other".
 */
export function sharesOf({ nodes, samples, timeDeltas }: CpuProfile, works: readonly Work[]): Map<string, number> {
  const names = nameNodes(nodes, works);
  const micros = new Map<string, number>();
  samples.forEach((id, index) => {
    const name = names.get(id) ?? 'other';
    if (name !== 'idle') micros.set(name, (micros.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  });
  const total = [...micros.values()].reduce((sum, part) => sum + part, 0);
  return new Map([...micros].map(([name, part]) => [name, part / total]));
}

function nameNodes(nodes: readonly ProfileNode[], works: readonly Work[]): Map<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const names = new Map<number, string>();
  const visit = (node: ProfileNode, inherited: string): void => {
    const name = nameOf(node, works) ?? inherited;
    names.set(node.id, name);
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) visit(child, name);
    }
  };
  const [root] = nodes;
  if (root !== undefined) visit(root, 'other');
  return names;
}

function nameOf({ callFrame: { functionName, url } }: ProfileNode, works: readonly Work[]): string | undefined {
  if (functionName === '(idle)') return 'idle';
  // What runs outside of JavaScript: uWebSockets.js and the kernel, which send what was published.
  if (functionName === '(program)') return 'native code and kernel';
  if (functionName === '(garbage collector)') return 'garbage collection';
  return works.find(({ files }) => files.some((file) => url.includes(file)))?.name;
}
