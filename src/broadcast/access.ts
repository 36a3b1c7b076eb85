import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { AppError } from '../app-error.ts';

/** Whether an address or name means this machine alone. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}

/** Until TLS and access control exist nothing but loopback is served. Throws `server/address-refused`. */
export function refuseOpenAddress(host: string): void {
  if (!isLoopback(host)) throw new AppError('server/address-refused', { host });
}

/**
 * A page of another site can reach loopback through the user's browser, directly or by a name that resolves to it
 * (DNS rebinding): the Host must be a loopback name, and an Origin, where a browser sends one, must be that Host.
 */
export function refuseForeign(request: Pick<IncomingMessage, 'headers'>): void {
  const { host = '', origin } = request.headers;
  if (!isLoopback(host.replace(/:\d+$/, ''))) throw new AppError('access/origin-refused', { origin: host.slice(0, 100) });
  if (origin !== undefined && origin !== `http://${host}`) throw new AppError('access/origin-refused', { origin: origin.slice(0, 100) });
}
