import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { frameHeaderBytes } from '../../src/protocol/frame-header.ts';
import { errorTables, protocolTables } from '../../src/protocol/tables.ts';

const doc = (name: string): string => readFileSync(resolve(import.meta.dirname, '../../docs', name), 'utf8');

describe('the documents are true (npm run docs writes the tables)', () => {
  it('docs/protocol.md has every message and field', () => {
    expect(doc('protocol.md')).toContain(`<!-- generated -->\n${protocolTables()}\n<!-- end -->`);
    expect(doc('protocol.md')).toContain(`a header of ${frameHeaderBytes} bytes`);
  });

  it('docs/errors.md has every code', () => {
    expect(doc('errors.md')).toContain(`<!-- generated -->\n${errorTables()}\n<!-- end -->`);
  });

  it('every dependency has a line in docs/decisions.md', () => {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>;
    const decisions = doc('decisions.md');
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) expect(decisions, name).toContain(`\`${name}\``);
  });
});
