import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { AppError, printable } from '../app-error.ts';

/** Whether an address or name means this machine alone. */
export function isLoopback(host: string): boolean {
  const bare = host
    .replace(/^\[|\]$/g, '')
    .replace(/^::ffff:/i, '')
    .toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}

/** What this server is called by those who open it. */
export interface Site {
  readonly scheme: 'http' | 'https';
  /** `host` comes without port, an IPv6 address without brackets. */
  knows(host: string): boolean;
}

const hostHeader = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/i;

/**
 * A page of another site can reach this server through its user's browser, directly or by a name that it lets resolve to it
 * (DNS rebinding): the Host must be a name of this server, and an Origin, where a browser sends one, must be that Host.
 * Without an Origin the browser's own word on who asks counts (Fetch Metadata): others may lead here, and nothing else.
 */
export function refuseForeign(request: Pick<IncomingMessage, 'headers'>, site: Site): void {
  const { host = '', origin, 'sec-fetch-site': asker, 'sec-fetch-mode': mode } = request.headers;
  const [, address, name] = hostHeader.exec(host) ?? [];
  if (!site.knows(address ?? name ?? '')) throw new AppError('access/host-unknown', { host: printable(host, 100) });
  if (origin !== undefined && origin !== `${site.scheme}://${host}`.toLowerCase()) {
    throw new AppError('access/origin-refused', { origin: printable(origin, 100) });
  }
  const foreign = asker === 'cross-site' || asker === 'same-site';
  if (foreign && mode !== 'navigate') throw new AppError('access/origin-refused', { origin: 'another site' });
}

const forwarded = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'] as const;

/** Where the door is open to whoever sits at this machine, a request that another program passes on may come from anywhere. */
export function refusePassedOn(request: Pick<IncomingMessage, 'headers'>): void {
  if (forwarded.some((header) => request.headers[header] !== undefined)) throw new AppError('access/no-session');
}
