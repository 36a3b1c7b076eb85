import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { frameHeaderBytes } from '../../src/protocol/frame-header.ts';
import { serverMessages, viewerMessages } from '../../src/protocol/messages.ts';
import { errorTables, protocolTables, type Schema, typeOf } from '../../src/protocol/tables.ts';

const root = resolve(import.meta.dirname, '../..');
const doc = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');

const bounds = [
  'minLength',
  'maxLength',
  'pattern',
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
] as const;

/** As they stand in a table; a pattern says how long a text is. */
const boundsOf = (schema: Schema): string[] => bounds.flatMap((name) => schema[name] ?? []).map(String);

/** All schemas with bounds, however deep. */
function boundedIn(value: unknown): Schema[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'type' in value && typeof value.type === 'string' && boundsOf(value as Schema).length > 0 ? [value as Schema] : [];
  return [...own, ...Object.values(value).flatMap(boundedIn)];
}

describe('the documents are true (npm run docs writes the tables)', () => {
  it('docs/protocol.md has every message and field', () => {
    expect(doc('protocol.md')).toContain(`<!-- generated -->\n${protocolTables()}\n<!-- end -->`);
    expect(doc('protocol.md')).toContain(`a header of ${frameHeaderBytes} bytes`);
  });

  it('the tables have the bounds of every field', () => {
    const page = doc('protocol.md');
    const rows = [
      '| `minutes` | integer, 1 to 525600 |',
      '| `label` | string, 1 to 80 |',
      '| `streams` (optional) | list of 1 to 64 (integer, 0 to 4294967295), each once |',
      '| `points` | list of at most 64 object |',
      '| `mark` | string, like `^[0-9a-f]{16}$` |',
      '| `poses[].matrix` (optional) | list of 16 number |',
      '| `mark.picture.manual.points` | list of 2 object |',
      '| `mark.picture.manual.known.mm` (one of) | number, above 0, at most 1000 |',
    ];
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
    for (const schema of boundedIn({ ...serverMessages, ...viewerMessages })) {
      const type = typeOf(schema);
      for (const bound of boundsOf(schema)) expect(type, JSON.stringify(schema)).toContain(bound);
    }
  });

  it('the tables tell alternatives from what is required together', () => {
    const page = doc('protocol.md');
    for (const row of ['| `on` | object, one of: `epoch`, `kept` |', '| `on.epoch` (one of) |', '| `on.kept` (one of) |'])
      expect(page).toContain(row);
  });

  it.each<[Schema, string]>([
    [{ type: 'string' }, 'string'],
    [{ type: 'string', maxLength: 80 }, 'string, at most 80'],
    [{ type: 'string', minLength: 2, maxLength: 2 }, 'string, 2'],
    [{ type: 'string', pattern: '^a|b$' }, 'string, like `^a\\|b$`'],
    [{ type: 'integer', minimum: 0 }, 'integer, at least 0'],
    [{ type: 'number', minimum: 0, exclusiveMaximum: 360 }, 'number, at least 0, below 360'],
    [{ type: 'array', items: { type: 'integer' } }, 'list of integer'],
    [{ type: 'array', items: { const: 'a' }, minItems: 1, maxItems: 2, uniqueItems: true }, 'list of 1 to 2 `"a"`, each once'],
    [{ anyOf: [{ const: 'a' }, { const: 'b' }] }, '`"a"` `"b"`'],
    [{ anyOf: [{ type: 'string' }, { type: 'boolean' }] }, 'string or boolean'],
    [{}, 'any'],
  ])('%j is written %s', (schema, text) => {
    expect(typeOf(schema)).toBe(text);
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
