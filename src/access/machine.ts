import { createCipheriv, randomBytes } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';

/** Names and addresses by which this machine is reached now, lower case; loopback's too. */
export function machineNames(): { readonly names: readonly string[]; readonly addresses: readonly string[] } {
  const own = hostname().toLowerCase();
  const names = ['localhost', own, ...(own.includes('.') ? [] : [`${own}.local`])].filter(isDnsName);
  const addresses = Object.values(networkInterfaces())
    .flatMap((known) => known ?? [])
    // RFC 4007 §11.2: a link-local address means nothing without the name of the link, which no browser's address bar takes.
    .filter(({ address }) => !address.toLowerCase().startsWith('fe80:'))
    .map(({ address }) => address);
  return { names: [...new Set(names)], addresses: [...new Set(['127.0.0.1', '::1', ...addresses])] };
}

/** The address that others most likely reach this machine by. */
export function outwardAddress(): string | undefined {
  const outward = Object.values(networkInterfaces())
    .flatMap((known) => known ?? [])
    .filter(({ internal, address }) => !internal && !address.toLowerCase().startsWith('fe80:'));
  return (outward.find(({ family }) => family === 'IPv4') ?? outward[0])?.address;
}

/** RFC 1123 §2.1: a certificate with another kind of name is refused whole by some. */
const isDnsName = (name: string): boolean => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(name);

const probeBytes = 64 * 1024;
const probes = 24;

/** RFC 8446 names of the two ciphers that every browser has, the one that costs this machine less first. */
export function fasterCiphers(): readonly string[] {
  const bytes = randomBytes(probeBytes);
  const cost = (cipher: 'aes-128-gcm' | 'chacha20-poly1305', keyBytes: number): number => {
    let best = Number.POSITIVE_INFINITY;
    for (let probe = 0; probe < probes; probe++) {
      const begun = performance.now();
      createCipheriv(cipher as 'aes-128-gcm', bytes.subarray(0, keyBytes), bytes.subarray(0, 12)).update(bytes);
      best = Math.min(best, performance.now() - begun);
    }
    return best;
  };
  const [aes, chacha] = ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'] as const;
  return cost('aes-128-gcm', 16) <= cost('chacha20-poly1305', 32) ? [aes, chacha] : [chacha, aes];
}
