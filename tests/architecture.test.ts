import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Who may import whom: folder → the folders and packages that its files may name. A file's own folder is always allowed. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/app-error.ts': [],
  'src/frame': ['src/app-error.ts'],
  'src/marks': ['src/app-error.ts', 'src/frame', 'src/config/schema-fault.ts', 'typebox'],
  'src/protocol': ['src/app-error.ts', 'src/frame', 'src/marks/mark.ts', 'typebox'],
  'src/codec': ['src/app-error.ts', 'src/frame', 'src/protocol'],
  'src/codec/webcodecs.ts': ['node:module'],
  'src/codec/node-codecs.ts': ['src/codec', 'src/protocol', 'node:module', 'node:zlib'],
  'src/access': [
    'src/app-error.ts',
    'src/protocol',
    'rxjs',
    'typebox',
    '@fastify/cookie',
    '@peculiar/x509',
    'reflect-metadata',
    'node:crypto',
    'node:fs',
    'node:fs/promises',
    'node:http',
    'node:https',
    'node:net',
    'node:os',
    'node:path',
    'node:tls',
  ],
  'src/archive': [
    'src/app-error.ts',
    'src/protocol',
    'kysely',
    'rxjs',
    'node:crypto',
    'node:fs',
    'node:fs/promises',
    'node:path',
    'node:sqlite',
    'node:timers/promises',
    'node:url',
    'node:worker_threads',
    'node:zlib',
  ],
  'src/config': ['src/app-error.ts', 'typebox', 'node:fs', 'node:path', 'node:util'],
  'src/device/usb-sysfs.ts': ['src/app-error.ts', 'node:fs/promises', 'node:path'],
  'src/device': ['src/app-error.ts'],
  'src/openigtlink': ['src/app-error.ts', 'src/frame', 'wasm'],
  'src/calibrate': [
    'src/app-error.ts',
    'src/config',
    'src/device',
    'src/protocol',
    'src/stream',
    'rxjs',
    'ws',
    'fastify',
    '@fastify/static',
    'typebox',
    'node:events',
    'node:fs',
    'node:net',
    'node:path',
    'node:timers/promises',
  ],
  'src/discovery': [
    'src/app-error.ts',
    'src/protocol',
    'src/stream',
    'device-drivers',
    'rxjs',
    'typebox',
    'node:child_process',
    'node:events',
    'node:fs',
    'node:util',
  ],
  'src/stage': ['src/app-error.ts', 'src/frame', 'src/protocol', 'src/config', 'wasm', 'typebox'],
  'src/stream': [
    'src/app-error.ts',
    'src/frame',
    'src/protocol',
    'src/codec',
    'src/config',
    'src/device',
    'src/stage',
    'device-drivers',
    'wasm',
    'rxjs',
    'node:os',
    'node:worker_threads',
    'node:zlib',
    'node:child_process',
    'node:crypto',
    'node:fs',
    'node:path',
    'node:stream',
    'node:url',
  ],
  'src/past': [
    'src/app-error.ts',
    'src/access/data-folder.ts',
    'src/frame',
    'src/codec',
    'src/protocol',
    'src/config',
    'src/device',
    'src/stream',
    'rxjs',
    'node:fs',
    'node:fs/promises',
    'node:os',
    'node:path',
    'node:timers/promises',
    'node:worker_threads',
    'node:zlib',
  ],
  'src/broadcast': [
    'src/app-error.ts',
    'src/close-in-turn.ts',
    'src/access',
    'src/frame',
    'src/codec',
    'src/protocol',
    'src/marks/mark.ts',
    'src/config',
    'src/device',
    'src/discovery',
    'src/examination',
    'src/past',
    'src/stream',
    'src/print',
    'src/openigtlink',
    'wasm',
    'rxjs',
    'koffi',
    'ws',
    'fastify',
    '@fastify/cookie',
    '@fastify/helmet',
    '@fastify/rate-limit',
    '@fastify/static',
    'prom-client',
    'typebox',
    'node:events',
    'node:fs',
    'node:http',
    'node:net',
    'node:path',
    'node:stream',
    'node:tls',
  ],
  'src/examination': [
    'src/app-error.ts',
    'src/close-in-turn.ts',
    'src/access',
    'src/archive',
    'src/config',
    'src/past',
    'src/frame',
    'src/marks',
    'src/protocol',
    'src/stream',
    'rxjs',
    'node:crypto',
    'node:path',
    'node:util',
  ],
  'src/inspect': ['src/app-error.ts', 'src/frame', 'device-drivers/replay', 'node:path', 'node:worker_threads', 'node:zlib'],
  'src/load': ['src/app-error.ts', 'src/protocol', 'ws', 'node:http', 'node:https', 'node:perf_hooks', 'node:timers/promises'],
  'src/print': [
    'src/app-error.ts',
    'src/codec',
    'src/config/schema-fault.ts',
    'src/frame',
    'src/marks',
    'src/past',
    'src/protocol',
    'wasm',
    'typebox',
    'pdfkit',
    'node:module',
    'node:worker_threads',
    'node:zlib',
  ],
  'src/log.ts': ['pino', 'pino-pretty'],
  'src/memory.ts': ['koffi'],
  'src/close-in-turn.ts': ['src/app-error.ts', 'node:timers/promises'],
  'src/main.ts': ['src', 'node:fs'],
  wasm: ['src/app-error.ts', 'wasm-feature-detect', 'assemblyscript', 'node:fs', 'node:fs/promises', 'node:path'],
  'device-drivers/driver.ts': ['src/app-error.ts', 'src/frame', 'typebox'],
  'device-drivers/drivers.ts': ['src/app-error.ts', 'device-drivers'],
  'device-drivers/simulator': [
    'src/app-error.ts',
    'src/frame',
    'device-drivers/driver.ts',
    'typebox',
    'node:timers/promises',
    'node:worker_threads',
  ],
  'device-drivers/ffmpeg': [
    'src/app-error.ts',
    'src/frame',
    'device-drivers/driver.ts',
    'typebox',
    'node:child_process',
    'node:fs/promises',
  ],
  'device-drivers/serial-probe': [
    'src/app-error.ts',
    'src/frame',
    'src/device',
    'device-drivers/driver.ts',
    'typebox',
    'node:child_process',
    'node:fs',
    'node:fs/promises',
    'node:path',
    'node:tty',
  ],
  'device-drivers/v4l2': [
    'src/app-error.ts',
    'src/frame',
    'src/codec',
    'src/device',
    'device-drivers/driver.ts',
    'typebox',
    'koffi',
    'node:fs/promises',
    'node:module',
    'node:path',
  ],
  'device-drivers/openigtlink': [
    'src/app-error.ts',
    'src/frame',
    'src/device',
    'src/openigtlink',
    'device-drivers/driver.ts',
    'typebox',
    'node:events',
    'node:net',
  ],
  'device-drivers/usb-probe': [
    'src/app-error.ts',
    'src/frame',
    'device-drivers/driver.ts',
    'typebox',
    'usb',
    'node:fs',
    'node:module',
    'src/device/usb-sysfs.ts',
    'node:fs/promises',
    'node:path',
    'node:timers/promises',
    'node:zlib',
  ],
  'device-drivers/replay': [
    'src/app-error.ts',
    'src/frame',
    'device-drivers/driver.ts',
    'typebox',
    'dicom-parser',
    'dcmjs-codecs',
    'node:fs',
    'node:path',
    'node:zlib',
    'node:worker_threads',
  ],
  'web-client/vite.config.ts': ['@vitejs/plugin-react', 'vite', 'node:fs', 'node:path', 'node:zlib'],
  'web-client': [
    '@cornerstonejs/codec-charls',
    '@cornerstonejs/codec-libjpeg-turbo-8bit',
    'zstddec',
    'src/app-error.ts',
    'src/frame',
    'src/marks',
    'src/protocol',
    'src/stage',
    'src/codec',
    'wasm',
    'react',
    'react-dom',
    'react-aria-components',
    'lucide-react',
    'mediabunny',
    'intl-messageformat',
    'rxjs',
  ],
};

const importSpecifier = /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s+'([^']+)'|(?:^|\n)\s*import\s+'([^']+)'|\bimport\('([^']+)'\)/g;

function specifiersOf(source: string): string[] {
  return [...source.matchAll(importSpecifier)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

/** What a file imports against the table: one line per violation. */
function violations(file: string, source: string): string[] {
  const rule = Object.keys(allowed)
    .filter((key) => file === key || file.startsWith(`${key}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (rule === undefined) return [`${file} stands in no folder of the table`];
  const may = [...(allowed[rule] ?? []), ...(rule.endsWith('.ts') ? [] : [rule])];
  return specifiersOf(source)
    .map((specifier) => (specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : specifier))
    .filter((target) => !may.some((entry) => target === entry || target.startsWith(`${entry}/`)))
    .map((target) => `${file} imports ${target}`);
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return ['dist', 'build', 'assembly', 'public'].includes(entry.name) ? [] : filesBelow(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const files = ['src', 'device-drivers', 'wasm', 'web-client'].flatMap(filesBelow);

describe('architecture', () => {
  it('reads real files', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(files).toContain('src/main.ts');
  });

  it('nobody imports whom it may not', () => {
    expect(files.flatMap((file) => violations(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  it('finds a planted violation', () => {
    expect(violations('src/frame/frame.ts', "import { x } from '../stream/stream.ts';")).toEqual([
      'src/frame/frame.ts imports src/stream/stream.ts',
    ]);
    expect(violations('device-drivers/simulator/a.ts', "import {\n  type A,\n} from '../replay/replay.ts';")).toHaveLength(1);
    expect(violations('src/codec/raw.ts', "export { a } from 'rxjs';")).toHaveLength(1);
    expect(violations('src/new/a.ts', '')).toHaveLength(1);
  });

  it('has no folder names that say nothing', () => {
    for (const file of files) expect(file).not.toMatch(/\/(utils?|helpers?|common|manager|types|index)(\.ts|\/)/);
  });
});
