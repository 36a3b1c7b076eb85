import type { Words } from './words/words.ts';

/** A setting of a stage as the panel shows it, read from the stage's JSON schema. */
export type Setting =
  | {
      readonly kind: 'number';
      readonly name: string;
      readonly label: string;
      readonly hint: string;
      readonly minimum: number;
      readonly maximum: number;
      readonly step: number;
      readonly initial: number | undefined;
    }
  | { readonly kind: 'toggle'; readonly name: string; readonly label: string; readonly hint: string; readonly initial: boolean | undefined }
  | {
      readonly kind: 'choice';
      readonly name: string;
      readonly label: string;
      readonly hint: string;
      readonly choices: readonly (string | number)[];
      readonly initial: string | number | undefined;
    }
  | {
      readonly kind: 'text';
      readonly name: string;
      readonly label: string;
      readonly hint: string;
      readonly maxLength: number;
      readonly pattern: string | undefined;
      readonly initial: string | undefined;
    };

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The settings of a schema that can be shown as a slider, a toggle, a choice or a line of text, in its order; others cannot be set from here. */
export function settingsOf(schema: unknown): Setting[] {
  if (!isRecord(schema) || !isRecord(schema.properties)) return [];
  return Object.entries(schema.properties).flatMap(([name, property]) => (isRecord(property) ? settingOf(name, property) : []));
}

function settingOf(name: string, property: Record<string, unknown>): Setting[] {
  const base = {
    name,
    label: typeof property.title === 'string' ? property.title : labelOf(name),
    hint: typeof property.description === 'string' ? property.description : '',
  };
  const initial = property.default;
  if (property.type === 'boolean') {
    return [{ ...base, kind: 'toggle', initial: typeof initial === 'boolean' ? initial : undefined }];
  }
  const choices = choicesOf(property);
  if (choices.length > 0) {
    return [
      { ...base, kind: 'choice', choices, initial: typeof initial === 'string' || typeof initial === 'number' ? initial : undefined },
    ];
  }
  if (property.type === 'string' && typeof property.maxLength === 'number') {
    const pattern = typeof property.pattern === 'string' ? property.pattern : undefined;
    return [{ ...base, kind: 'text', maxLength: property.maxLength, pattern, initial: typeof initial === 'string' ? initial : undefined }];
  }
  if (property.type !== 'number' && property.type !== 'integer') return [];
  const { minimum, maximum } = property;
  if (typeof minimum !== 'number' || typeof maximum !== 'number' || !(maximum > minimum)) return [];
  return [
    {
      ...base,
      kind: 'number',
      minimum,
      maximum,
      step: stepOf(property, minimum, maximum),
      initial: typeof initial === 'number' ? initial : undefined,
    },
  ];
}

function choicesOf(property: Record<string, unknown>): (string | number)[] {
  const listed = Array.isArray(property.enum)
    ? property.enum
    : (Array.isArray(property.anyOf) ? property.anyOf : []).map((branch: unknown) => (isRecord(branch) ? branch.const : undefined));
  return listed.every((value) => typeof value === 'string' || typeof value === 'number') ? listed : [];
}

/** About a hundred steps, each a round number, so that an arrow key makes a visible and repeatable change. */
function stepOf(property: Record<string, unknown>, minimum: number, maximum: number): number {
  if (typeof property.multipleOf === 'number' && property.multipleOf > 0) return property.multipleOf;
  const fine = 10 ** Math.floor(Math.log10((maximum - minimum) / 50));
  return property.type === 'integer' ? Math.max(1, fine) : fine;
}

/** `lowPassMm` → `Low pass (mm)`: units stand at the end of names. */
function labelOf(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(' ');
  const unit = units[words.at(-1) ?? ''];
  const body = (unit === undefined || words.length === 1 ? words : words.slice(0, -1)).join(' ').toLowerCase();
  const label = body.charAt(0).toUpperCase() + body.slice(1);
  return unit === undefined || words.length === 1 ? label : `${label} (${unit})`;
}

const units: Readonly<Record<string, string>> = {
  Mm: 'mm',
  Cm: 'cm',
  Px: 'px',
  Ms: 'ms',
  S: 's',
  Db: 'dB',
  Percent: '%',
  Deg: '°',
  Hz: 'Hz',
};

/** A value with as many decimals as the step has. */
export function settingText(words: Words, value: number, step: number): string {
  return words.number(value, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
}
