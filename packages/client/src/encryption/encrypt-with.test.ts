import { describe, expect, it } from 'vitest';

import { toPayload } from '../payloads/to-payload.ts';
import { encryptWith } from './encrypt-with.ts';
import { keyFromBytes, keyFromPassphrase } from './room-key.ts';

const HERE = { room: 'vault', from: 'ann' };
const DATA = { text: 'the secret word', n: 1 };

const keyOf = (id: string, byte: number) => keyFromBytes(id, new Uint8Array(32).fill(byte));
/** What a JSON session makes of bytes. */
const asJson = (payload: unknown): unknown =>
  JSON.parse(
    JSON.stringify(payload, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
    ),
  );

describe('a sealed payload', () => {
  it('opens with its key, and shows nothing of itself before', async () => {
    const cipher = encryptWith({ current: await keyOf('k1', 1) });
    const sealed = await cipher.seal(DATA, HERE);
    expect(Buffer.from(JSON.stringify(asJson(sealed))).includes('secret')).toBe(false);
    expect(Buffer.from((sealed as { box: Uint8Array }).box).includes('secret')).toBe(false);
    expect(await cipher.open(sealed, HERE)).toEqual(DATA);
    expect(await cipher.open(asJson(sealed), HERE)).toEqual(DATA);
  });

  it.each([0, 3_000, 12_000])('of %i characters opens as it came, in both encodings', async (length) => {
    const cipher = encryptWith({ current: await keyOf('k1', 1) });
    const sealed = await cipher.seal('x'.repeat(length), HERE);
    expect(toPayload(sealed)).toEqual(sealed);
    expect(toPayload(asJson(sealed))).toEqual(asJson(sealed));
    expect(await cipher.open(sealed, HERE)).toBe('x'.repeat(length));
    expect(await cipher.open(asJson(sealed), HERE)).toBe('x'.repeat(length));
  });

  it('opens in pieces as well, as earlier versions have sealed long ones', async () => {
    const cipher = encryptWith({ current: await keyOf('k1', 1) });
    const sealed = (await cipher.seal('x'.repeat(9_000), HERE)) as { box: Uint8Array };
    const inPieces = { ...sealed, box: [sealed.box.slice(0, 3_072), sealed.box.slice(3_072)] };
    expect(await cipher.open(inPieces, HERE)).toBe('x'.repeat(9_000));
    expect(await cipher.open(asJson(inPieces), HERE)).toBe('x'.repeat(9_000));
  });

  it('has base64 where there were bytes', async () => {
    const cipher = encryptWith({ current: await keyOf('k1', 1) });
    const sealed = await cipher.seal({ file: new Uint8Array([255, 0]) }, HERE);
    expect(await cipher.open(sealed, HERE)).toEqual({ file: '/wA=' });
  });

  it.each([
    ['another room', { ...HERE, room: 'lobby' }],
    ['another sender', { ...HERE, from: 'bob' }],
  ])('does not open in the name of %s', async (_, elsewhere) => {
    const cipher = encryptWith({ current: await keyOf('k1', 1) });
    const sealed = await cipher.seal(DATA, HERE);
    await expect(cipher.open(sealed, elsewhere)).rejects.toMatchObject({ code: 'undecryptable' });
  });

  it.each([
    ['with a changed byte', (sealed: { box: Uint8Array }) => ({ ...sealed, box: sealed.box.map((byte) => byte ^ 1) })],
    ['under another id', (sealed: object) => ({ ...sealed, key: 'k2' })],
    ['in clear', () => DATA],
    ['that is no base64', (sealed: object) => ({ ...sealed, box: '***' })],
  ])('is refused %s', async (_, tamper) => {
    const cipher = encryptWith({ current: await keyOf('k1', 1), others: [await keyOf('k2', 1)] });
    const sealed = (await cipher.seal(DATA, HERE)) as { box: Uint8Array };
    await expect(cipher.open(tamper(sealed), HERE)).rejects.toMatchObject({ code: 'undecryptable' });
  });

  it('opens with an older key after a rotation, and not without it', async () => {
    const [first, second] = await Promise.all([keyOf('k1', 1), keyOf('k2', 2)]);
    const old = await encryptWith({ current: first }).seal(DATA, HERE);
    expect(await encryptWith({ current: second, others: [first] }).open(old, HERE)).toEqual(DATA);
    await expect(encryptWith({ current: second }).open(old, HERE)).rejects.toMatchObject({ code: 'undecryptable' });
  });

  it('has a key that a passphrase and a salt give to everybody who knows them', async () => {
    const options = { id: 'p', passphrase: 'correct horse', salt: 'vault', iterations: 1_000 };
    const sealed = await encryptWith({ current: await keyFromPassphrase(options) }).seal(DATA, HERE);
    const same = encryptWith({ current: await keyFromPassphrase(options) });
    expect(await same.open(sealed, HERE)).toEqual(DATA);
    const other = encryptWith({ current: await keyFromPassphrase({ ...options, salt: 'attic' }) });
    await expect(other.open(sealed, HERE)).rejects.toMatchObject({ code: 'undecryptable' });
  });
});

describe('what keys are made of', () => {
  const passphrase = { id: 'p', passphrase: 'correct horse', salt: 'vault', iterations: 1 };
  it.each<[string, () => unknown, string]>([
    ['an id', () => keyFromBytes('', new Uint8Array(16)), 'id: expected text of 1 to 64 characters'],
    ['an id in lines', () => keyFromBytes('a\nb', new Uint8Array(16)), 'id: expected text of 1 to 64 characters'],
    ['bytes', () => keyFromBytes('k', new Uint8Array(15)), 'bytes: expected 16 or 32 bytes'],
    ['a passphrase', () => keyFromPassphrase({ ...passphrase, passphrase: '' }), 'passphrase: expected text'],
    ['a salt', () => keyFromPassphrase({ ...passphrase, salt: 5 as never }), 'salt: expected text'],
    ['iterations', () => keyFromPassphrase({ ...passphrase, iterations: 0.5 }), 'iterations: expected a whole number'],
    ['a key', async () => Promise.resolve(encryptWith({ current: 'k' as never })), 'current: expected a key'],
    ['other keys', async () => encryptWith({ current: await keyOf('k', 1), others: [null as never] }), 'key: expected'],
  ])('is checked: %s', async (_, make, message) => {
    const made = (): Promise<unknown> => Promise.resolve().then(make);
    await expect(made()).rejects.toMatchObject({ code: 'badRequest' });
    await expect(made()).rejects.toThrow(message);
  });
});
