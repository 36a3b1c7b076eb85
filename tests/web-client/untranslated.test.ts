import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';

const client = resolve(import.meta.dirname, '../../web-client');

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What is the same in every language: the product, units, symbols of formulas and paper. */
const everywhere = new Set([
  'Lumencast',
  'mm',
  'cm',
  'ml',
  'ms',
  's',
  'fps',
  'dB',
  'EDV',
  'ESV',
  'SV',
  'PNG',
  'MP4',
  'WebM',
  'CSV',
  'JSON',
  'PDF',
  'A4',
  'px',
  'D',
  'S',
]);

/** What a reader, or a screen reader, is told by an attribute. */
const telling =
  /^(aria-label|aria-description|aria-valuetext|aria-roledescription|title|placeholder|alt|label|hint|word|question|caption)$/;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode);
const hasWord = (text: string): boolean => text.split(/[^\p{L}\d]+/u).some((word) => /\p{L}/u.test(word) && !everywhere.has(word));

/** Texts that an expression can come to; what is handed to a function, or compared, is no text for anybody. */
function textsOf(node: unknown): string[] {
  if (!isNode(node)) return [];
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' ? [node.value] : [];
    case 'TemplateLiteral':
      return [
        ...(node.quasis as { value: { raw: string } }[]).map(({ value }) => value.raw),
        ...(node.expressions as unknown[]).flatMap(textsOf),
      ];
    case 'ConditionalExpression':
      return [node.consequent, node.alternate].flatMap(textsOf);
    case 'LogicalExpression':
      return [node.left, node.right].flatMap(textsOf);
    case 'BinaryExpression':
      return node.operator === '+' ? [node.left, node.right].flatMap(textsOf) : [];
    case 'JSXExpressionContainer':
    case 'ParenthesizedExpression':
      return textsOf(node.expression);
    case 'JSXText':
      return [String(node.value)];
    default:
      return [];
  }
}

function told(node: Node): string[] {
  const inside = childrenOf(node).flatMap(told);
  if (node.type === 'JSXElement' || node.type === 'JSXFragment') return [...(node.children as unknown[]).flatMap(textsOf), ...inside];
  if (node.type === 'JSXAttribute' && telling.test(String((node.name as Node).name))) return [...textsOf(node.value), ...inside];
  // A sentence stands nowhere but among the words, whatever is done with it.
  if (node.type === 'Literal' && typeof node.value === 'string' && /^\p{Lu}\S* \S/u.test(node.value)) return [node.value];
  return inside;
}

/** Texts in a component that are not taken from the words. */
function untranslated(file: string, code: string): string[] {
  const { program, errors } = parseSync(file, code);
  expect(errors).toEqual([]);
  const texts = told(program as unknown as Node).map((text) => text.trim());
  return [...new Set(texts)].filter(hasWord);
}

describe('components', () => {
  const files = readdirSync(client, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.tsx') && !file.startsWith('dist'),
  );

  it.each(files)('%s: takes every text from the words', (file) => {
    expect(untranslated(file, readFileSync(join(client, file), 'utf8'))).toEqual([]);
  });

  it('are found out where they do not', () => {
    const at = (expression: string): string[] => untranslated('a.tsx', `const a = ${expression};`);
    expect(at('<p>No picture</p>')).toEqual(['No picture']);
    expect(at('<p title="Show all">{n} mm</p>')).toEqual(['Show all']);
    expect(at("<p>{n === 'a' ? 'gone' : say('b.c')}</p>")).toEqual(['gone']);
    expect(at(`<b aria-label={\`\${n} lost\`} />`)).toEqual(['lost']);
    expect(at("<b>{n || 'none'}</b>")).toEqual(['none']);
    expect(at("() => (n ? 'The source has failed' : '')")).toEqual(['The source has failed']);
    expect(at("<p className=\"of\" key='Home'>{say('a.b', { n: 'x' })} · {n} {'–'} mm, EDV</p>")).toEqual([]);
  });
});
