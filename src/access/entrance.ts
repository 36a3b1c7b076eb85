import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { AppError } from '../app-error.ts';
import { type CertificateFiles, type CertificateLog, type Pems, ServerCertificate } from './certificate.ts';
import { DataFolder } from './data-folder.ts';
import { Door } from './door.ts';
import { Guests } from './guests.ts';
import { fasterCiphers, machineNames, outwardAddress } from './machine.ts';
import { isLoopback, type Site } from './origin.ts';

/** Who has not said what is wanted by then goes. */
const handshakeMs = 5000;
const requestMs = 10_000;
const checkPeriodMs = 1000;
const keepAliveMs = 5000;
const longestHeaderBytes = 8192;
/** Addresses of this machine may change while it runs. */
const namesKeptMs = 5000;

export interface EntranceSettings {
  readonly host: string;
  readonly names: readonly string[];
  readonly tls?: CertificateFiles;
  readonly access?: 'invited';
  readonly dataFolder: string;
  streamNames(): readonly string[];
  /** Of a clock that only runs forward: nobody who is in is put out because somebody sets the calendar. */
  nowMs(): number;
  readonly log: CertificateLog;
}

/**
 * How this server is reached and who comes in. On loopback without a certificate: plain HTTP, and whoever sits at the machine is an operator.
 * Everywhere else, and wherever it is asked for: TLS, and nobody without an invitation.
 */
export class Entrance {
  readonly door: Door;
  readonly certificate: ServerCertificate | undefined;
  readonly #folder: DataFolder | undefined;
  #stopFollowing = (): void => undefined;

  private constructor(folder: DataFolder | undefined, certificate: ServerCertificate | undefined, door: Door) {
    this.#folder = folder;
    this.certificate = certificate;
    this.door = door;
  }

  /** Throws access/… and tls/… errors. */
  static async open(settings: EntranceSettings): Promise<Entrance> {
    const { host, names, tls, access, log } = settings;
    const secure = tls !== undefined || !isLoopback(host);
    if (!secure && access === undefined) {
      const site: Site = { scheme: 'http', knows: isLoopback };
      return new Entrance(undefined, undefined, new Door({ ...doorSettings(settings), site, guests: undefined }));
    }
    const folder = new DataFolder(settings.dataFolder);
    try {
      const own = isLoopback(host) ? names : [...names, ...(isWildcard(host) ? [] : [host])];
      const certificate = secure ? await openCertificate(tls, folder, own, log) : undefined;
      const guests = Guests.open(folder, ({ code, message, remedy }) => log.warn({ code }, `${code}: ${message} (${remedy})`));
      const site: Site = { scheme: secure ? 'https' : 'http', knows: secure ? knownNames(own, certificate) : isLoopback };
      return new Entrance(folder, certificate, new Door({ ...doorSettings(settings), site, guests }));
    } catch (thrown) {
      await folder.close();
      throw thrown;
    }
  }

  /** The server below fastify; it does not listen yet. */
  serve(handler: RequestListener): Server {
    const bounds = {
      requestTimeout: requestMs,
      headersTimeout: handshakeMs,
      connectionsCheckingInterval: checkPeriodMs,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: longestHeaderBytes,
    };
    if (this.certificate === undefined) return createHttpServer(bounds, handler);
    const tls = tlsOptions();
    const server = createHttpsServer({ ...bounds, ...tls, ...this.certificate.pems }, handler);
    this.#stopFollowing = this.certificate.follow((pems: Pems) => server.setSecureContext({ ...tls, ...pems }));
    return server;
  }

  /** Where to open the monitor, for a server that listens at `port` of `address`. */
  addressOf(address: string, port: number): string {
    const { scheme } = this;
    const named = scheme === 'https' && isWildcard(address) ? (outwardAddress() ?? '127.0.0.1') : address;
    return `${scheme}://${named.includes(':') ? `[${named}]` : named}:${port}/`;
  }

  get scheme(): 'http' | 'https' {
    return this.certificate === undefined ? 'http' : 'https';
  }

  async close(): Promise<void> {
    this.#stopFollowing();
    await this.door.close().finally(() => this.#folder?.close());
  }
}

const isWildcard = (host: string): boolean => ['', '0.0.0.0', '::', '[::]'].includes(host);

function doorSettings({ streamNames, log, nowMs }: EntranceSettings) {
  return { streamNames, log, nowMs };
}

async function openCertificate(
  files: CertificateFiles | undefined,
  folder: DataFolder,
  names: readonly string[],
  log: CertificateLog,
): Promise<ServerCertificate> {
  if (files !== undefined) return ServerCertificate.fromFiles(files, log);
  try {
    return await ServerCertificate.made(folder, names, log);
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    const reason = (thrown as Error).message;
    throw new AppError('tls/refused', { certificate: 'the certificate made here', key: 'its key', reason }, { cause: thrown });
  }
}

function knownNames(names: readonly string[], certificate: ServerCertificate | undefined): (host: string) => boolean {
  const given = new Set(names.map((name) => name.toLowerCase()));
  let machine = new Set<string>();
  let readMs = Number.NEGATIVE_INFINITY;
  return (host) => {
    const name = host.toLowerCase();
    if (isLoopback(name) || given.has(name) || (name !== '' && certificate?.covers(name) === true)) return true;
    if (performance.now() - readMs > namesKeptMs) {
      const now = machineNames();
      machine = new Set([...now.names, ...now.addresses]);
      readMs = performance.now();
    }
    return machine.has(name);
  };
}

function tlsOptions(): ServerOptions {
  return {
    minVersion: 'TLSv1.2',
    // The server chooses: every browser of the last years has both.
    honorCipherOrder: true,
    ciphers: [
      ...fasterCiphers(),
      'TLS_AES_256_GCM_SHA384',
      'ECDHE-ECDSA-AES128-GCM-SHA256',
      'ECDHE-RSA-AES128-GCM-SHA256',
      'ECDHE-ECDSA-CHACHA20-POLY1305',
      'ECDHE-RSA-CHACHA20-POLY1305',
    ].join(':'),
    handshakeTimeout: handshakeMs,
  };
}
