import { type ErrorCode, errorTable } from '../app-error.ts';
import { serverMessages, viewerMessages } from './messages.ts';

/** The generated parts of docs/protocol.md and docs/errors.md; a test compares them with the files. */
export function protocolTables(): string {
  const part = (title: string, messages: typeof serverMessages | typeof viewerMessages): string =>
    [`### ${title}`, ...Object.entries(messages).map(([type, schema]) => messageTable(type, schema as unknown as Schema))].join('\n\n');
  return [part('Server to viewer', serverMessages), part('Viewer to server', viewerMessages)].join('\n\n');
}

export function errorTables(): string {
  const rows = (Object.keys(errorTable) as ErrorCode[]).map(
    (code) => `| \`${code}\` | ${errorTable[code].message} | ${errorTable[code].remedy} |`,
  );
  return ['| code | what happened | what to do |', '|---|---|---|', ...rows].join('\n');
}

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly description?: string;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
}

function messageTable(type: string, schema: Schema): string {
  const rows = rowsOf(schema, '').filter((row) => !row.startsWith('| `type` '));
  return [
    `**\`${type}\`** ${schema.description ?? ''}`,
    '',
    '| field | type | meaning |',
    '|---|---|---|',
    `| \`type\` | \`"${type}"\` | |`,
    ...rows,
  ].join('\n');
}

function rowsOf(schema: Schema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const optional = schema.required?.includes(name) === true ? '' : ' (optional)';
    const path = `${prefix}${name}`;
    const inner = field.type === 'array' ? rowsOf(field.items ?? {}, `${path}[].`) : rowsOf(field, `${path}.`);
    const ofEither = new Set((field.anyOf ?? []).flatMap((either) => rowsOf(either, `${path}.`)));
    return [`| \`${path}\`${optional} | ${typeOf(field)} | ${field.description ?? ''} |`, ...inner, ...ofEither];
  });
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.patternProperties !== undefined) return `object of ${typeOf(Object.values(schema.patternProperties)[0] ?? {})}`;
  return schema.type ?? 'any';
}
