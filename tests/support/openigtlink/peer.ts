import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Whether the protocol's own C++ library is installed: libopenigtlink-dev and g++. */
export const haveLibrary = existsSync('/usr/include/openigtlink/igtlImageMessage.h') && existsSync('/usr/bin/g++');

/** The program of peer.cxx, built anew; its folder goes with it. */
export function buildPeer(): { readonly program: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'openigtlink-'));
  const program = join(folder, 'peer');
  const source = resolve(import.meta.dirname, 'peer.cxx');
  const arguments_ = ['-I/usr/include/openigtlink', '-o', program, source, '-lOpenIGTLink', '-lpthread'];
  const built = spawnSync('g++', arguments_, { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
  return { program, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
