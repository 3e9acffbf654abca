import { once } from 'node:events';
import fs, { type FSWatcher, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger } from '@outcry/service';
import { makeToken } from '@outcry/testkit';
import { afterAll, afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';

import { loadGatewayConfig } from '../../config/config.ts';
import { createAuthenticator } from '../create-authenticator.ts';
import { KeysFileWatch } from './keys-file-watch.ts';
import { RevokedTokens } from '../revoked-tokens.ts';
import type { VerificationKey } from './verification-key.ts';

const OLD = 'the-old-secret-of-thirty-two-bytes-or-more';
const NEW = 'the-new-secret-of-thirty-two-bytes-or-more';

let folder: string;
const watch = vi.spyOn(fs, 'watch');
beforeEach(() => {
  // Also for what has been loaded with another test, where the files of tests share it.
  syncBuiltinESMExports();
  folder = mkdtempSync(join(tmpdir(), 'outcry-keys-'));
});
afterAll(() => {
  watch.mockRestore();
  syncBuiltinESMExports();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function keySet(kid: string, secret: string): string {
  return JSON.stringify({ keys: [{ kid, kty: 'oct', alg: 'HS256', k: Buffer.from(secret).toString('base64url') }] });
}

/** A folder as Kubernetes mounts a secret: the file is a link into another, which is a link itself. */
function mount(generation: string, content: string): void {
  mkdirSync(join(folder, generation));
  writeFileSync(join(folder, generation, 'keys.json'), content);
  symlinkSync(generation, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
}

it('takes new keys where the mounted file is replaced, and keeps what it has where that is no good', async () => {
  const path = join(folder, 'keys.json');
  mount('1', keySet('old', OLD));
  symlinkSync('..data/keys.json', path);
  const { auth } = loadGatewayConfig({ OUTCRY_AUTH_KEYS_FILE: path }).config;
  const authenticator = createAuthenticator(auth, { revokedTokens: new RevokedTokens(), accountNames: new Set() });
  const logger = createLogger({ level: 'silent', fields: {} });
  const onError = vi.spyOn(logger, 'error');
  const takes = (kid: string, secret: string): boolean =>
    authenticator.authenticate(makeToken(secret, { header: { kid } })).identity !== undefined;
  const onKeys = (all: readonly VerificationKey[]): void => {
    authenticator.useKeys({ all });
  };
  const keysFile = auth.tokens?.keysFile ?? expect.fail('there is a keys file');
  const watch = new KeysFileWatch({ ...keysFile, onKeys, logger });
  expect([takes('old', OLD), takes('new', NEW)]).toEqual([true, false]);
  mount('2', '{"keys":[');
  await vi.waitUntil(() => onError.mock.calls.length > 0, { timeout: 5000 });
  expect(onError.mock.calls[0]?.[0]).toMatchObject({ path, problems: [expect.stringMatching('is not JSON')] });
  expect(takes('old', OLD)).toBe(true);
  mount('3', keySet('new', NEW));
  await vi.waitUntil(() => takes('new', NEW), { timeout: 5000 });
  expect(takes('old', OLD)).toBe(false);
  watch.close();
});

it('names the keys that it leaves out, at the start and whenever it reads the file again', () => {
  const path = join(folder, 'keys.json');
  const { keys } = JSON.parse(keySet('good', OLD)) as { keys: object[] };
  const write = (...others: object[]): void => {
    writeFileSync(path, JSON.stringify({ keys: [...keys, ...others] }));
  };
  write({ kid: 'theirs', kty: 'RSA', use: 'enc', n: 'AQAB', e: 'AQAB' });
  const { auth } = loadGatewayConfig({ OUTCRY_AUTH_KEYS_FILE: path }).config;
  const logger = createLogger({ level: 'silent', fields: {} });
  const [warn, info] = [vi.spyOn(logger, 'warn'), vi.spyOn(logger, 'info')];
  const onKeys = vi.fn();
  const keysFile = auth.tokens?.keysFile ?? expect.fail('there is a keys file');
  const watch = new KeysFileWatch({ ...keysFile, onKeys, logger });
  expect(warn.mock.calls).toMatchObject([
    [{ key: 'theirs', why: 'keys.1.use: is not for signatures' }, expect.anything()],
  ]);
  write({ kid: 'other', kty: 'DSA' });
  watch.readNow();
  expect(onKeys).toHaveBeenCalledWith([expect.objectContaining({ id: 'good' })]);
  expect(warn.mock.lastCall?.[0]).toMatchObject({ key: 'other' });
  expect(info.mock.calls).toEqual([[{ path, keys: 1 }, expect.any(String)]]);
  watch.close();
});

it('says when it hears of no changes any more, and hears of none when it is closed', async () => {
  const logger = createLogger({ level: 'silent', fields: {} });
  const onError = vi.spyOn(logger, 'error');
  const read = vi.fn(() => ({ keys: [], skipped: [] }));
  const keysFile = new KeysFileWatch({ path: join(folder, 'keys.json'), skipped: [], read, onKeys: vi.fn(), logger });
  const watcher = watch.mock.results.at(-1)?.value as FSWatcher;
  const err = new Error('gone');
  watcher.emit('error', err);
  expect(onError).toHaveBeenCalledExactlyOnceWith({ err }, expect.any(String));
  const closed = once(watcher, 'close');
  keysFile.close();
  await closed;
});

it('takes a fault of its own for no fault of the file', () => {
  const read = (): never => {
    throw new TypeError('our own');
  };
  const logger = createLogger({ level: 'silent', fields: {} });
  const watching = new KeysFileWatch({ path: join(folder, 'keys.json'), skipped: [], read, onKeys: vi.fn(), logger });
  expect(() => {
    watching.readNow();
  }).toThrow('our own');
  watching.close();
});

it('reads once what is written in several steps, when nothing more happens, and nothing when it is closed meanwhile', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const logger = createLogger({ level: 'silent', fields: {} });
  const read = vi.fn(() => ({ keys: [], skipped: [] }));
  const watching = new KeysFileWatch({ path: join(folder, 'keys.json'), skipped: [], read, onKeys: vi.fn(), logger });
  const watcher = watch.mock.results.at(-1)?.value as FSWatcher;
  for (let step = 0; step < 3; step += 1) {
    watcher.emit('change', 'change', 'keys.json');
    vi.advanceTimersByTime(199);
  }
  expect(read).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(read).toHaveBeenCalledOnce();
  watcher.emit('change', 'change', 'keys.json');
  watching.close();
  vi.advanceTimersByTime(1000);
  expect(read).toHaveBeenCalledOnce();
});
