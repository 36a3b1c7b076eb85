import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import * as x509 from '@peculiar/x509';

/** A certificate for localhost and its key, as a hospital's own authority would hand them over. */
export async function writeCertificate(certificate: string, key: string, validMs = 3600_000): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Hospital',
    notBefore: new Date(Date.now() - 7200_000),
    notAfter: new Date(Date.now() + validMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'echo.hospital.example' }])],
  });
  writeFileSync(certificate, made.toString('pem'));
  writeFileSync(key, x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'));
  return made.toString('pem');
}

export interface Shown {
  readonly fingerprint: string;
  readonly names: string;
  readonly protocol: string | null;
  readonly cipher: string;
}

/** What a server shows to whoever connects. */
export function shownBy(address: string): Promise<Shown> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      const { fingerprint256, subjectaltname = '' } = socket.getPeerCertificate();
      resolve({ fingerprint: fingerprint256, names: subjectaltname, protocol: socket.getProtocol(), cipher: socket.getCipher().name });
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
