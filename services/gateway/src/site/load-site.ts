import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

import { OutcryError } from '@outcry/broker';

import { CONTENT_ENCODINGS, type ContentEncoding } from '../transport/content-encoding.ts';
import type { SiteFile } from '../transport/transport.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** Vite puts what it names after its content here. */
const IMMUTABLE_FOLDER = '/assets/';

const SUFFIXES: Readonly<Record<ContentEncoding, string>> = { br: '.br', gzip: '.gz' };

/** Reads a built page into memory, by path. */
export function loadSite(directory: string): Map<string, SiteFile> {
  const site = new Map<string, SiteFile>();
  for (const name of listFiles(directory)) {
    const contentType = CONTENT_TYPES[extname(name)];
    if (contentType === undefined) continue;
    const path = `/${name.replaceAll('\\', '/')}`;
    const body = readFileSync(join(directory, name));
    const encoded = readEncoded(join(directory, name));
    site.set(path, { contentType, body, encoded, isImmutable: path.startsWith(IMMUTABLE_FOLDER) });
  }
  return site;
}

/** What the build has compressed lies beside the file. */
function readEncoded(path: string): SiteFile['encoded'] {
  const entries = CONTENT_ENCODINGS.map((encoding) => [encoding, `${path}${SUFFIXES[encoding]}`] as const);
  return Object.fromEntries(
    entries.filter(([, file]) => existsSync(file)).map(([encoding, file]) => [encoding, readFileSync(file)]),
  );
}

function listFiles(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' });
  } catch (cause) {
    throw new OutcryError('badConfig', `no built page in ${directory}; run npm run build`, { cause });
  }
}
