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

/** As much of JSON Schema as messages are made of. */
export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly description?: string;
  readonly anyOf?: readonly Schema[];
  /** A list of them: one for each place. */
  readonly items?: Schema | readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
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

/** `either`: the schema is one of several, and so are its fields. */
function rowsOf(schema: Schema, prefix: string, either = false): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const optional = schema.required?.includes(name) === true ? '' : ' (optional)';
    const path = `${prefix}${name}`;
    const inner = field.type === 'array' ? rowsOf(itemOf(field), `${path}[].`) : rowsOf(field, `${path}.`);
    const alternatives = (field.anyOf ?? []).flatMap((one) => rowsOf(one, `${path}.`, true));
    const mark = either ? ' (one of)' : optional;
    return [`| \`${path}\`${mark} | ${typeOf(field)} | ${field.description ?? ''} |`, ...inner, ...new Set(alternatives)];
  });
}

/** A type with its bounds, short enough for a table. */
export function typeOf(schema: Schema): string {
  const { type, const: constant, anyOf, patternProperties } = schema;
  if (constant !== undefined) return `\`${JSON.stringify(constant)}\``;
  if (anyOf !== undefined) return eitherOf(anyOf);
  if (type === 'array') return listOf(schema);
  if (patternProperties !== undefined) return `object of ${typeOf(Object.values(patternProperties)[0] ?? {})}`;
  if (type === 'string') return withBounds('string', lengthOf(schema));
  if (type === 'integer' || type === 'number') return withBounds(type, rangeOf(schema));
  return type ?? 'any';
}

function eitherOf(alternatives: readonly Schema[]): string {
  const names = alternatives.map(({ properties }) => Object.keys(properties ?? {}));
  if (names.every(({ length }) => length > 0)) return `object, one of: ${names.map((each) => each.map(quoted).join(' and ')).join(', ')}`;
  const types = [...new Set(alternatives.map(typeOf))];
  return alternatives.every((one) => one.const !== undefined) ? types.join(' ') : types.join(' or ');
}

function listOf(schema: Schema): string {
  const { items, uniqueItems } = schema;
  const most = Array.isArray(items) ? items.length : schema.maxItems;
  const count = between(schema.minItems, most);
  const item = typeOf(itemOf(schema));
  const list = ['list of', count, item.includes(', ') ? `(${item})` : item].filter((word) => word !== '').join(' ');
  return uniqueItems === true ? `${list}, each once` : list;
}

const itemOf = ({ items }: Schema): Schema => (Array.isArray(items) ? ((items as readonly Schema[])[0] ?? {}) : ((items as Schema) ?? {}));

/** A text that matches a pattern is as long as that says. */
const lengthOf = ({ minLength, maxLength, pattern }: Schema): string =>
  pattern === undefined ? between(minLength, maxLength) : `like ${quoted(pattern)}`;

function rangeOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): string {
  const above = exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`];
  const below = exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`];
  return [...above, between(minimum, maximum), ...below].filter((word) => word !== '').join(', ');
}

function between(least: number | undefined, most: number | undefined): string {
  if (least === undefined) return most === undefined ? '' : `at most ${most}`;
  if (most === undefined) return `at least ${least}`;
  return least === most ? String(least) : `${least} to ${most}`;
}

const withBounds = (type: string, bounds: string): string => (bounds === '' ? type : `${type}, ${bounds}`);

/** A stroke would end the cell of a table. */
const quoted = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
