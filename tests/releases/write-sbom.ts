import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

import { ROOT } from '../support/release-versions.ts';

// npm run sbom: what is run in production, by npm itself, as CycloneDX.

const FOLDER = `${ROOT}artifacts/`;
const words = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'];
const sbom = execFileSync('npm', words, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' });
const { components } = JSON.parse(sbom) as { readonly components: readonly unknown[] };
mkdirSync(FOLDER, { recursive: true });
writeFileSync(`${FOLDER}sbom.cdx.json`, sbom);
console.log(`artifacts/sbom.cdx.json: ${String(components.length)} components`);
