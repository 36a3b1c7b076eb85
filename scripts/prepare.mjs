// Plain JavaScript, for whatever Node from 20 on the system has: it installs the pinned one.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
/** The runtime that package-lock.json pins. */
export const node = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');

const say = (text) => process.stderr.write(`lumencast: ${text}\n`);

/** Installs what the lockfile pins when it is missing or when the lockfile has changed. */
export function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules/.lumencast-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(node)) return;
  say('installing what package-lock.json pins (once, some minutes)');
  run('npm', ['ci', '--loglevel=error', '--no-fund', '--no-audit'], { shell: process.platform === 'win32' });
  // An npm that blocks install scripts leaves the runtime's binary out.
  if (!existsSync(node)) run(process.execPath, ['installArchSpecificPackage.js'], { cwd: join(root, 'node_modules/node') });
  writeFileSync(stamp, lock);
}

/** Builds the kernels and the web client when a source is newer than what was built. */
export function build() {
  const kernels = ['wasm/build/simd.wasm', 'wasm/build/relaxed-simd.wasm', 'wasm/build/crc64.wasm', 'wasm/build/crc32.wasm'];
  if (stale(kernels, ['wasm/assembly', 'wasm/build.ts', 'package-lock.json'])) {
    say('building the kernels');
    run(node, [join(root, 'wasm/build.ts')]);
  }
  const clientSources = ['web-client', 'wasm', 'src', 'package-lock.json'];
  if (stale(['web-client/dist/index.html'], clientSources)) {
    say('building the web client');
    run(node, [join(root, 'node_modules/vite/bin/vite.js'), 'build', 'web-client', '--logLevel', 'error']);
  }
}

/** Runs a program to its end; this process ends with its status when it failed. */
export function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (error !== undefined) say(`${program} cannot be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** Whether one of the outputs is missing or older than a source. */
function stale(outputs, sources) {
  const built = outputs.map((output) => join(root, output));
  if (!built.every((path) => existsSync(path))) return true;
  const builtAtMs = Math.min(...built.map((path) => statSync(path).mtimeMs));
  return sources.some((source) => newestMs(join(root, source)) > builtAtMs);
}

function newestMs(path) {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return 0;
  if (!facts.isDirectory()) return facts.mtimeMs;
  // What is built is no source.
  const names = readdirSync(path).filter((name) => name !== 'dist' && name !== 'build');
  return names.reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), 0);
}
