import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { frameHeaderBytes } from '../../src/protocol/frame-header.ts';
import { errorTables, protocolTables } from '../../src/protocol/tables.ts';

const root = resolve(import.meta.dirname, '../..');
const doc = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');

describe('the documents are true (npm run docs writes the tables)', () => {
  it('docs/protocol.md has every message and field', () => {
    expect(doc('protocol.md')).toContain(`<!-- generated -->\n${protocolTables()}\n<!-- end -->`);
    expect(doc('protocol.md')).toContain(`a header of ${frameHeaderBytes} bytes`);
  });

  it('docs/errors.md has every code', () => {
    expect(doc('errors.md')).toContain(`<!-- generated -->\n${errorTables()}\n<!-- end -->`);
  });

  it('every dependency has a line in docs/decisions.md', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const decisions = doc('decisions.md');
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) expect(decisions, name).toContain(`\`${name}\``);
  });

  it('name every place where something can be lost', () => {
    const folders = ['src', 'device-drivers'].map((folder) => join(root, folder));
    const files = folders.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)));
    const sources = files.filter((file) => file.endsWith('.ts')).map((file) => readFileSync(file, 'utf8'));
    const places = sources.flatMap((source) => [
      ...source.matchAll(/(?:\.add|\.lost)\('([a-z0-9-]+\/[a-z-]+)'|place: '([a-z0-9-]+\/[a-z-]+)'/g),
    ]);
    const names = new Set(places.map(([, told, event]) => told ?? event ?? ''));
    expect(names.size).toBeGreaterThan(5);
    for (const page of ['protocol.md', 'architecture.md']) {
      expect(
        [...names].filter((name) => !doc(page).includes(`\`${name}\``)),
        page,
      ).toEqual([]);
    }
  });
});
