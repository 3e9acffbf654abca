import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);
/** Where what was built or installed is kept. */
export const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/outcry-deploy/', import.meta.url));
/** Built from nothing: Helm knows all of Kubernetes. */
const BUILD_DEADLINE_MS = 1_200_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Where each comes from that is not on the PATH. Versions as they were when the suite was written. */
const MODULES = {
  helm: 'helm.sh/helm/v3/cmd/helm@v3.22.0',
  kustomize: 'sigs.k8s.io/kustomize/kustomize/v5@v5.8.1',
} as const;
const PYTHON = { 'kubernetes-validate': 'kubernetes-validate==1.37.0', checkov: 'checkov==3.3.30' } as const;

export type Tool = keyof typeof MODULES;
export type PythonTool = keyof typeof PYTHON;

export interface Output {
  readonly code: number;
  readonly text: string;
}

/** Runs a program to its end, and does not mind how it ends. */
export async function tryRun(file: string, args: readonly string[]): Promise<Output> {
  try {
    const { stdout, stderr } = await execFileAsync(file, [...args], { maxBuffer: MAX_OUTPUT_BYTES });
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw new Error(`${file} does not run`, { cause: error });
    return { code, text: stdout + stderr };
  }
}

/** Runs a program that has to succeed, and says what it printed. */
export async function run(file: string, args: readonly string[]): Promise<string> {
  const { code, text } = await tryRun(file, args);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${String(code)}:\n${text}`);
  return text;
}

export async function isOnPath(name: string): Promise<boolean> {
  return execFileAsync('which', [name]).then(
    () => true,
    () => false,
  );
}

/** The program: from the PATH, or built once from its Go module. */
export async function findTool(name: Tool): Promise<string> {
  if (await isOnPath(name)) return name;
  const built = join(CACHE, 'bin', name);
  if (existsSync(built)) return built;
  await goInstall([MODULES[name]]);
  return built;
}

/** Builds a program into the cache. Throws where that cannot be: a suite without its tools would be green for nothing. */
export async function goInstall(args: readonly string[], cwd = process.cwd()): Promise<void> {
  mkdirSync(join(CACHE, 'bin'), { recursive: true });
  try {
    await execFileAsync('go', ['install', ...args], {
      cwd,
      env: { ...process.env, GOBIN: join(CACHE, 'bin'), GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
      maxBuffer: MAX_OUTPUT_BYTES,
      timeout: BUILD_DEADLINE_MS,
    });
  } catch (error) {
    throw new Error(`go install ${args.join(' ')} failed: have the program on the PATH, or Go`, { cause: error });
  }
}

/** The program of a Python package, in an environment of its own that is made once. */
export async function findPythonTool(name: PythonTool): Promise<string> {
  const folder = join(CACHE, name);
  const program = join(folder, 'bin', name);
  if (existsSync(program)) return program;
  try {
    await run('python3', ['-m', 'venv', folder]);
    await run(join(folder, 'bin', 'pip'), ['install', '--quiet', PYTHON[name]]);
  } catch (error) {
    throw new Error(`${PYTHON[name]} could not be installed: it needs python3 with venv, and a registry`, {
      cause: error,
    });
  }
  return program;
}
