import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { DOCKERFILE, ROOT } from '../support/release-versions.ts';

const SCRIPT = `${ROOT}deploy/docker/take-uws.js`;
/** What an ELF file says that it is for: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html (e_machine). */
const MACHINES: Readonly<Record<string, number>> = { amd64: 62, arm64: 183 };
const MACHINE_OFFSET = 18;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'outcry-image-'));
  onTestFinished(() => {
    rmSync(path, { recursive: true });
  });
  return path;
}

describe('the images', () => {
  it.each(['amd64', 'arm64'])('get the one binary of uWebSockets.js that %s runs', (architecture) => {
    const into = folder();
    execFileSync(process.execPath, [SCRIPT, into, architecture]);
    const binaries = readdirSync(join(into, 'dist/bin'));
    expect(binaries).toHaveLength(1);
    const binary = readFileSync(join(into, 'dist/bin', binaries[0] ?? ''));
    expect(binary.subarray(0, 4).toString('latin1')).toBe('\u007fELF');
    expect(binary.readUInt16LE(MACHINE_OFFSET)).toBe(MACHINES[architecture]);
  });

  it.runIf(process.platform === 'linux')('get one that loads, without saying for what', () => {
    const into = folder();
    // The legacy builder gives an empty one.
    execFileSync(process.execPath, [SCRIPT, into, '']);
    const program = `const { App } = await import(${JSON.stringify(join(into, 'dist/index.mjs'))}); App();`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program]);
    expect({ status, said: stderr.toString() }).toEqual({ status: 0, said: '' });
    expect(readdirSync(join(into, 'dist/bin'))).toEqual([`uws_linux_${arch()}_${process.versions.modules}.node`]);
  });

  it('are not built for an architecture of which there is no binary', () => {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, folder(), 's390x']);
    expect(status).toBe(1);
    expect(stderr.toString()).toContain('expected a folder, and amd64 or arm64');
  });

  it('run nothing of their own architecture while they are built, so any machine builds all of them', () => {
    const stages = readFileSync(DOCKERFILE, 'utf8')
      .split(/^FROM /m)
      .slice(1);
    const built = stages.filter((stage) => stage.startsWith('--platform=${BUILDPLATFORM:-linux} '));
    const shipped = stages.filter((stage) => !built.includes(stage));
    expect(built.map((stage) => /AS (\S+)/.exec(stage)?.[1])).toEqual(['manifests', 'build']);
    expect(shipped.length).toBeGreaterThan(5);
    expect(shipped.filter((stage) => /^(RUN|ADD) /m.test(stage))).toEqual([]);
    // Nor do they name one.
    expect(readFileSync(DOCKERFILE, 'utf8')).not.toMatch(/amd64|x86_64|x64|arm64|aarch64/);
  });
});
