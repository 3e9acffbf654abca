import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestCertificate extends Disposable {
  /** PEM. It proves itself: whoever trusts it trusts the server. */
  readonly certFile: string;
  readonly keyFile: string;
}

const KEYS = {
  ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
  /** With which a server could also speak suites without forward secrecy. */
  rsa: ['-newkey', 'rsa:2048'],
} as const;

/** A certificate for `localhost`, made by `openssl` from the PATH; its files are removed when it is disposed of. */
export function createCertificate(kind: keyof typeof KEYS = 'ec', days = 2): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-tls-'));
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const key = [...KEYS[kind], '-nodes'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...key, '-keyout', keyFile, '-out', certFile, '-days', String(days), ...subject],
    {
      stdio: 'ignore',
    },
  );
  return {
    certFile,
    keyFile,
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true });
    },
  };
}
