import { connect, type SecureVersion } from 'node:tls';

export interface SuiteOffer {
  readonly port: number;
  /** PEM, of `localhost`. */
  readonly ca: Buffer;
  /** As OpenSSL names them. */
  readonly ciphers: string;
  /** TLS 1.2 unless it is said. */
  readonly maxVersion?: SecureVersion | undefined;
}

/** The cipher suite that a server on loopback takes of those that it is offered, or `refused`. */
export function negotiateSuite({ port, ca, ciphers, maxVersion = 'TLSv1.2' }: SuiteOffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca, ciphers, maxVersion }, () => {
      resolve(socket.getCipher().name);
      socket.destroy();
    });
    socket.once('error', () => {
      resolve('refused');
    });
  });
}
