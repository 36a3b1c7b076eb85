import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { AppError, printable } from '../app-error.ts';
import type { DataFolder } from './data-folder.ts';
import { machineNames } from './machine.ts';

const [certificateName, keyName] = ['certificate.pem', 'certificate-key.pem'] as const;
const dayMs = 24 * 3600_000;
/** Apple refuses what is valid for more than 825 days, also where a user trusts it. */
const validDays = 730;
const renewBeforeDays = 30;
/** Files that are replaced are noticed within this. */
const watchPeriodMs = 1000;
const renewPeriodMs = 12 * 3600_000;

export interface Pems {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

/** What this server shows for itself: files of its owner, or a certificate made here at the first start. */
export class ServerCertificate {
  readonly #renew: (() => Promise<Pems>) | undefined;
  readonly #files: CertificateFiles | undefined;
  readonly #log: CertificateLog;
  #pems: Pems;
  #parsed: X509Certificate;

  private constructor(pems: Pems, log: CertificateLog, from: { files: CertificateFiles } | { renew: () => Promise<Pems> }) {
    this.#pems = pems;
    this.#parsed = new X509Certificate(pems.cert);
    this.#log = log;
    this.#files = 'files' in from ? from.files : undefined;
    this.#renew = 'renew' in from ? from.renew : undefined;
  }

  /** Throws tls/… errors. */
  static fromFiles(files: CertificateFiles, log: CertificateLog): ServerCertificate {
    return new ServerCertificate(readPems(files), log, { files });
  }

  /** For all names and addresses of this machine and those that are given; the key stays the same over all renewals. */
  static async made(folder: DataFolder, names: readonly string[], log: CertificateLog): Promise<ServerCertificate> {
    const renew = (): Promise<Pems> => keptOrMade(folder, names);
    return new ServerCertificate(await renew(), log, { renew });
  }

  get pems(): Pems {
    return this.#pems;
  }

  /** SHA-256 of the certificate as browsers show it. */
  get fingerprint(): string {
    return this.#parsed.fingerprint256;
  }

  covers(host: string): boolean {
    return (isIP(host) === 0 ? this.#parsed.checkHost(host) : this.#parsed.checkIP(host)) !== undefined;
  }

  /** Hands over every new certificate; one that cannot be used is told of, and the old one stays. Returns what stops this. */
  follow(use: (pems: Pems) => void): () => void {
    const { certificate, key } = this.#files ?? {};
    if (certificate === undefined || key === undefined) {
      const timer = setInterval(() => void this.#renewNow(use), renewPeriodMs);
      return () => clearInterval(timer);
    }
    // By looking at the files and not by the system's events: those miss a link that is turned to another file, as renewals do.
    const look = (): void => this.#reread({ certificate, key }, use);
    for (const file of [certificate, key]) watchFile(file, { interval: watchPeriodMs, persistent: false }, look);
    return () => {
      for (const file of [certificate, key]) unwatchFile(file, look);
    };
  }

  #reread(files: CertificateFiles, use: (pems: Pems) => void): void {
    try {
      this.#take(readPems(files), use);
    } catch (thrown) {
      const { code, message, remedy } = thrown as AppError;
      this.#log.warn({ code }, `${code}: ${message} (${remedy}); the certificate that was there is kept`);
    }
  }

  async #renewNow(use: (pems: Pems) => void): Promise<void> {
    try {
      const pems = await this.#renew?.();
      if (pems !== undefined) this.#take(pems, use);
    } catch (thrown) {
      const { code, message } = thrown as AppError;
      this.#log.warn({ code }, `the certificate could not be renewed: ${message}`);
    }
  }

  #take(pems: Pems, use: (pems: Pems) => void): void {
    if (pems.cert === this.#pems.cert && pems.key === this.#pems.key) return;
    use(pems);
    this.#pems = pems;
    this.#parsed = new X509Certificate(pems.cert);
    this.#log.info({ fingerprint: this.fingerprint }, `a new certificate is in use, SHA-256 ${this.fingerprint}`);
  }
}

function readPems(files: CertificateFiles): Pems {
  const [cert, key] = [files.certificate, files.key].map((file) => {
    try {
      return readFileSync(file, 'utf8');
    } catch (thrown) {
      throw new AppError('tls/unreadable', { file, reason: (thrown as NodeJS.ErrnoException).code ?? 'unknown' }, { cause: thrown });
    }
  }) as [string, string];
  try {
    createSecureContext({ cert, key });
    const { validTo } = new X509Certificate(cert);
    if (Date.parse(validTo) < Date.now()) throw new AppError('tls/expired', { certificate: files.certificate, until: validTo });
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    // OpenSSL's own words: they name the fault and hold nothing of the key.
    throw new AppError('tls/refused', { ...files, reason: printable((thrown as Error).message) }, { cause: thrown });
  }
  return { cert, key };
}

async function keptOrMade(folder: DataFolder, names: readonly string[]): Promise<Pems> {
  const kept = { cert: folder.read(certificateName), key: folder.read(keyName) };
  const machine = machineNames();
  const wanted = [...new Set([...machine.names, ...machine.addresses, ...names])];
  const { cert, key } = kept;
  if (cert !== undefined && key !== undefined && stillGood(cert, key, wanted)) return { cert, key };
  const made = await makeCertificate(wanted, key);
  await folder.write(keyName, made.key);
  await folder.write(certificateName, made.cert);
  return made;
}

function stillGood(cert: string, key: string, names: readonly string[]): boolean {
  try {
    const parsed = new X509Certificate(cert);
    const fresh = Date.parse(parsed.validTo) - Date.now() > renewBeforeDays * dayMs;
    const covers = (name: string): boolean => (isIP(name) === 0 ? parsed.checkHost(name) : parsed.checkIP(name)) !== undefined;
    return fresh && parsed.checkPrivateKey(createPrivateKey(key)) && names.every(covers);
  } catch {
    return false;
  }
}

async function makeCertificate(names: readonly string[], keptKey: string | undefined): Promise<Pems> {
  // Needed once in two years, and it takes a tenth of a second to load: x509 wants its metadata library before itself.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = (await importedKeys(keptKey, algorithm)) ?? (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']));
  const nowMs = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Lumencast',
    // Clocks of viewers may be behind.
    notBefore: new Date(nowMs - dayMs),
    notAfter: new Date(nowMs + (validDays - 1) * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
    ],
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' }).toString();
  return { cert: certificate.toString('pem'), key };
}

async function importedKeys(pem: string | undefined, algorithm: { name: string; namedCurve: string }): Promise<CryptoKeyPair | undefined> {
  if (pem === undefined) return undefined;
  try {
    const privateKey = createPrivateKey(pem);
    const { kty, crv, x, y, d } = privateKey.export({ format: 'jwk' });
    const jwk = { kty, crv, x, y } as JsonWebKey;
    return {
      privateKey: await crypto.subtle.importKey('jwk', { ...jwk, d } as JsonWebKey, algorithm, true, ['sign']),
      publicKey: await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['verify']),
    };
  } catch {
    return undefined;
  }
}
