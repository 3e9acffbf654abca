import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';

import { type GatewayProcess, startStandalone } from '@outcry/testkit';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { launchChromium } from './support/browser.ts';
import { lintPackage } from './support/lint-package.ts';
import { OutsideProject } from './support/outside-project.ts';

const VISITED = 'hello from a package, undefined, live';
/** As docs/CLIENT.md promises for rooms without books. */
const MAX_ROOMS_BYTES = 20_300;
/** Starts the worker, and shows what it says. */
const PAGE = `<!doctype html><script type="module">
  const worker = new Worker('/worker.js' + location.hash, { type: 'module' });
  worker.onmessage = ({ data }) => { document.title = data; };
</script>`;

describe('the client as a package, outside the workspace', () => {
  let standalone: GatewayProcess;
  let project: OutsideProject;

  beforeAll(async () => {
    [standalone, project] = await Promise.all([startStandalone(), OutsideProject.create('client')]);
  });
  afterAll(async () => {
    await Promise.all([standalone[Symbol.asyncDispose](), project[Symbol.asyncDispose]()]);
  });

  /** Bundles code of the project for a browser, as its users would. */
  async function bundle(code: string): Promise<string> {
    const entry = project.path('out/entry.js');
    const build = await rolldown({
      input: entry,
      cwd: project.folder,
      platform: 'browser',
      plugins: [
        { name: 'entry', load: (id) => (id === entry ? code : null), resolveId: (id) => (id === entry ? id : null) },
      ],
    });
    const { output } = await build.generate({ format: 'esm', minify: true });
    expect(output).toHaveLength(1);
    return output[0].code;
  }

  it('installs nothing but itself: JavaScript, types, source maps, guide and licence', async () => {
    expect(await readdir(project.path('node_modules'))).toEqual(['.package-lock.json', '@outcry']);
    expect(await readdir(project.path('node_modules/@outcry'))).toEqual(['client']);
    const files = await readdir(project.path('node_modules/@outcry/client'));
    expect(files.toSorted()).toEqual(
      ['LICENSE', 'README.md', 'index.d.ts', 'index.js', 'index.js.map', 'package.json'].toSorted(),
    );
    for (const file of ['index.js', 'index.d.ts']) {
      const text = await readFile(project.path('node_modules/@outcry/client', file), 'utf8');
      expect(text).not.toMatch(/^(?:import|export)\b.*\bfrom\b|\bimport\(|\brequire\(|reference types/m);
    }
  });

  it('is a package that publint and attw are content with', async () => {
    expect(await lintPackage(project.tarball('client'))).toEqual([]);
  });

  it('can be required by CommonJS, in a Node that loads ES modules so', async () => {
    await writeFile(project.path('old.cjs'), "console.log(typeof require('@outcry/client').connect);");
    expect((await project.run('../old.cjs')).trim()).toBe('function');
  });

  it('passes tsc without skipLibCheck, with the types of a browser or of Node, and runs in Node', async () => {
    await Promise.all([project.compile('browser', ['src/program.ts']), project.compile('node', ['src/main.ts'])]);
    expect((await project.run('main.js', standalone.url)).trim()).toBe(VISITED);
  });

  it('runs bundled in a worker of Chromium', async () => {
    const code = await bundle(`import { visit } from './program.js';
      visit(decodeURIComponent(location.hash.slice(1))).then(postMessage, (error) => postMessage(String(error)));`);
    await using site = createServer(({ url }, response) => {
      const [type, body] = url === '/worker.js' ? ['text/javascript', code] : ['text/html', PAGE];
      response.setHeader('content-type', type).end(body);
    });
    await once(site.listen(0, '127.0.0.1'), 'listening');
    const address = site.address();
    if (typeof address !== 'object' || address === null) throw new Error('expected a TCP address');
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${String(address.port)}/#${encodeURIComponent(standalone.url)}`);
      await expect.poll(() => page.title(), { timeout: 30_000 }).toBe(VISITED);
    } finally {
      await browser.close();
    }
  });

  it('leaves out of a bundle what is not used', async () => {
    const rooms = gzipSync(await bundle(`export { connectToRooms } from '@outcry/client';`), { level: 9 }).length;
    expect(rooms).toBeLessThanOrEqual(MAX_ROOMS_BYTES);
  });
});
