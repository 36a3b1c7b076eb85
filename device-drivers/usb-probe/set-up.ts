import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { AppError, printable } from '../../src/app-error.ts';
import type { SetUp } from './probe.ts';

const largestBytes = 64 * 2 ** 20;

/** Names that exports of recorded requests give to the columns that matter. */
const endpointColumns = ['EP', 'usb.endpoint_address'];
const dataColumns = ['payload', 'data', 'PL', 'usb.capdata'];

/**
 * The bulk writes of a recorded set-up: a table with a line of names, one request a line, endpoint as a number and data in hex, as
 * Wireshark exports what it recorded between a probe and its own program. Throws `usb-probe/bad-set-up`.
 */
export function readSetUp(path: string): SetUp {
  const file = printable(basename(path), 120);
  const [names = [], ...rows] = linesOf(path, file).map((line) => line.split(','));
  const endpointAt = names.findIndex((name) => endpointColumns.includes(name.trim()));
  const dataAt = names.findIndex((name) => dataColumns.includes(name.trim()));
  if (endpointAt < 0 || dataAt < 0) {
    throw refuse(file, `no columns called ${endpointColumns.join(' or ')} and ${dataColumns.join(' or ')}`);
  }
  const writes = rows.flatMap((row) => {
    const endpoint = Number(row[endpointAt]);
    const hex = (row[dataAt] ?? '').replaceAll(':', '').trim();
    // Endpoints with the direction bit are read, 0 is control.
    if (hex === '' || !(endpoint > 0 && endpoint < 0x80)) return [];
    if (!/^([0-9a-fA-F]{2})+$/.test(hex)) throw refuse(file, `data that are not in hex: ${printable(hex, 20)}`);
    return [{ endpoint, data: new Uint8Array(Buffer.from(hex, 'hex')) }];
  });
  if (writes.length === 0) throw refuse(file, 'it holds no data that were sent to a probe');
  return { writes };
}

function linesOf(path: string, file: string): string[] {
  try {
    if (statSync(path).size > largestBytes) throw refuse(file, `more than ${largestBytes / 2 ** 20} MiB`);
    return readFileSync(path, 'utf8')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '');
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw refuse(file, printable((thrown as Error).message));
  }
}

const refuse = (file: string, reason: string): AppError => new AppError('usb-probe/bad-set-up', { file, reason });
