import { existsSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { ChildServer } from './child-server.ts';

/** Says a line and stays, until its end. */
const said = (line: string, then = 'exec sleep 60'): ChildServer =>
  new ChildServer({ command: 'sh', args: ['-c', `echo '${line}'; ${then}`], ready: /^listening on (\d+)$/ });

/** A program that has a child of this kind, which it says. */
const parent = (more: string): ChildServer =>
  new ChildServer({
    command: process.execPath,
    args: [
      '--input-type=module',
      '--eval',
      `import { ChildServer } from '${new URL('child-server.ts', import.meta.url).href}';
      const child = new ChildServer({ command: 'sleep', args: ['60'] });
      await child.start();
      ${more}
      console.log('child ' + child.pid);`,
    ],
    ready: /^child (\d+)$/,
  });

const isThere = (pid: string | undefined): boolean => existsSync(`/proc/${String(pid)}`);

describe('ChildServer', () => {
  it('has started when it says so, with what its line has', async () => {
    await using server = said('listening on 6379');
    expect([...(await server.start())]).toEqual(['listening on 6379', '6379']);
    expect(server.pid).toBeTypeOf('number');
  });

  it('has started once it runs, where it says nothing', async () => {
    await using server = new ChildServer({ command: 'sleep', args: ['60'] });
    expect(await server.start()).toEqual([]);
  });

  it('is started again after its end, and not before', async () => {
    await using server = said('listening on 6379');
    await server.start();
    const { pid } = server;
    await expect(server.start()).rejects.toThrow('expected sh to have ended before it is started again');
    await server.kill();
    expect(server.pid).toBeUndefined();
    await server.start();
    expect(server.pid).not.toBe(pid);
    expect(server.output).toEqual(['listening on 6379', 'listening on 6379']);
  });

  it('fails with the last that it said, where it ends before', async () => {
    const server = said('no such option', 'exit 3');
    await expect(server.start()).rejects.toThrow('sh ended. Its output:\nno such option');
    expect(server.pid).toBeUndefined();
  });

  it('fails with how to get one, where there is none', async () => {
    const server = new ChildServer({ command: 'no-such-server', args: [], help: 'install it' });
    await expect(server.start()).rejects.toThrow('cannot run no-such-server: install it');
    await server.ended;
    expect(server.pid).toBeUndefined();
  });

  it('ends by its own signal, or by the one that is named', async () => {
    await using server = new ChildServer({
      command: 'sh',
      args: [
        '-c',
        `trap 'echo asked; exit' QUIT; trap 'echo hurried; exit' TERM; echo up; while :; do sleep 0.01; done`,
      ],
      ready: /^up$/,
      killSignal: 'SIGQUIT',
    });
    await server.start();
    await server.kill();
    await server.start();
    await server.kill('SIGTERM');
    await expect.poll(() => server.output).toEqual(['up', 'asked', 'up', 'hurried']);
  });

  it('ends with a program that ends on SIGTERM', async () => {
    await using program = parent('');
    const [, child] = await program.start();
    expect(isThere(child)).toBe(true);
    program.signal('SIGTERM');
    await program.ended;
    await expect.poll(() => isThere(child)).toBe(false);
  });

  it('stays with a program that does something else then, and ends with that', async () => {
    await using program = parent(
      `process.on('SIGTERM', () => console.log('not yet')); process.on('SIGHUP', () => process.exit());`,
    );
    const [, child] = await program.start();
    program.signal('SIGTERM');
    await expect.poll(() => program.output).toContain('not yet');
    expect(isThere(child)).toBe(true);
    program.signal('SIGHUP');
    await program.ended;
    await expect.poll(() => isThere(child)).toBe(false);
  });
});
