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

  it.each([3_000, 3_072, 9_000])('of %i characters fits the strings of the wire, in both encodings', async (length) => {
    const cipher = encryptWith({ current: await keyOf('k1', 1) });
    const sealed = await cipher.seal('x'.repeat(length), HERE);
    expect(toPayload(sealed)).toEqual(sealed);
    expect(toPayload(asJson(sealed))).toEqual(asJson(sealed));
    expect(await cipher.open(sealed, HERE)).toBe('x'.repeat(length));
    expect(await cipher.open(asJson(sealed), HERE)).toBe('x'.repeat(length));
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
