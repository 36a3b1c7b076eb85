import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { printable } from '../app-error.ts';

/** The first thing wrong with a value, in the words of the user: which key, what it is, what is allowed there. */
export interface SchemaFault {
  readonly kind: 'unknown-key' | 'missing-key' | 'bad-value';
  /** Path from the root, e.g. `streams[0].options.fps`. */
  readonly key: string;
  readonly value: string;
  readonly allowed: string;
}

/** Checks without changing the value; undefined when it fits. */
export function schemaFault(schema: TSchema, value: unknown): SchemaFault | undefined {
  if (Value.Check(schema, value)) return undefined;
  // Unknown and missing keys first: what follows from them would only confuse.
  const errors = Value.Errors(schema, value) as readonly SchemaError[];
  const error =
    errors.find(({ keyword }) => keyword === 'additionalProperties') ??
    errors.find(({ keyword }) => keyword === 'required') ??
    // A union reports each refused alternative before itself.
    errors.find(({ keyword }) => keyword === 'anyOf') ??
    errors[0];
  if (error === undefined) return { kind: 'bad-value', key: '', value: shown(value), allowed: allowedBy(schema) };
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const at = schemaAt(schema, path);
  const unknown = error.params.additionalProperties?.[0];
  if (unknown !== undefined) return { kind: 'unknown-key', key: keyOf([...path, unknown]), value: '', allowed: allowedBy(at) };
  const missing = error.params.requiredProperties?.[0];
  if (missing !== undefined) {
    return { kind: 'missing-key', key: keyOf([...path, missing]), value: '', allowed: allowedBy(schemaAt(at, [missing])) };
  }
  return { kind: 'bad-value', key: keyOf(path), value: shown(valueAt(value, path)), allowed: allowedBy(at) };
}

/** What a schema allows, as a short text. */
export function allowedBy(schema: unknown): string {
  const { type, const: constant, anyOf, minimum, maximum, maxLength, properties, items } = schema as SchemaWords;
  if (constant !== undefined) return JSON.stringify(constant);
  if (anyOf !== undefined) return anyOf.map(allowedBy).join(', ');
  if (type === 'boolean') return 'true or false';
  if (type === 'array') return `a list of ${allowedBy(items ?? {})}`;
  if (type === 'object') return properties === undefined ? 'an object' : Object.keys(properties).join(', ');
  if (type === 'string') return maxLength === undefined ? 'a text' : `a text of at most ${maxLength} characters`;
  if (type === 'number' || type === 'integer') {
    const noun = type === 'integer' ? 'a whole number' : 'a number';
    if (minimum !== undefined && maximum !== undefined) return `${noun} from ${minimum} to ${maximum}`;
    if (minimum !== undefined) return `${noun} of at least ${minimum}`;
    return noun;
  }
  return 'any value';
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: { readonly additionalProperties?: readonly string[]; readonly requiredProperties?: readonly string[] };
}

interface SchemaWords {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly items?: unknown;
}

const unescapePointer = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~');

function schemaAt(schema: unknown, path: readonly string[]): unknown {
  let at = schema;
  for (const step of path) {
    const { items, properties } = (at ?? {}) as SchemaWords;
    at = items ?? properties?.[step];
  }
  return at ?? {};
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const step of path) at = (at as Readonly<Record<string, unknown>> | undefined)?.[step];
  return at;
}

function keyOf(path: readonly string[]): string {
  return path.map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : `${index === 0 ? '' : '.'}${printable(step, 64)}`)).join('');
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : printable(JSON.stringify(value) ?? String(value), 80);
}
