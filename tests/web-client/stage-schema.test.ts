import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { stages } from '../../src/stage/stages.ts';
import { settingsOf, settingText } from '../../web-client/stage-schema.ts';
import { inLanguage } from '../../web-client/words/words.ts';

describe('settingsOf', () => {
  it('makes a control of every kind of property', () => {
    const schema = Type.Object({
      strength: Type.Number({ minimum: 0, maximum: 0.95, default: 0.3, description: 'How much stays' }),
      radiusPx: Type.Integer({ minimum: 1, maximum: 9, default: 2 }),
      invert: Type.Boolean({ title: 'Black on white', default: false }),
      map: Type.Union([Type.Literal('grey'), Type.Literal('hot-iron')], { default: 'grey' }),
      bits: Type.Union([Type.Literal(8), Type.Literal(10)], { default: 8 }),
      label: Type.String({ maxLength: 20, pattern: '^[a-z]*$', default: '' }),
    });
    expect(settingsOf(JSON.parse(JSON.stringify(schema)))).toEqual([
      { kind: 'number', name: 'strength', label: 'Strength', hint: 'How much stays', minimum: 0, maximum: 0.95, step: 0.01, initial: 0.3 },
      { kind: 'number', name: 'radiusPx', label: 'Radius (px)', hint: '', minimum: 1, maximum: 9, step: 1, initial: 2 },
      { kind: 'toggle', name: 'invert', label: 'Black on white', hint: '', initial: false },
      { kind: 'choice', name: 'map', label: 'Map', hint: '', choices: ['grey', 'hot-iron'], initial: 'grey' },
      { kind: 'choice', name: 'bits', label: 'Bits', hint: '', choices: [8, 10], initial: 8 },
      { kind: 'text', name: 'label', label: 'Label', hint: '', maxLength: 20, pattern: '^[a-z]*$', initial: '' },
    ]);
  });

  it('leaves out what it cannot set safely and never throws', () => {
    const odd = {
      properties: {
        open: { type: 'number', minimum: 0 },
        empty: { type: 'integer', minimum: 3, maximum: 3 },
        text: { type: 'string' },
        none: null,
      },
    };
    for (const schema of [odd, {}, null, 7, 'x', [], { properties: [] }]) expect(settingsOf(schema)).toEqual([]);
  });

  it('reaches every option of every stage there is, but for lists of places', () => {
    for (const { options } of stages) {
      const schema = JSON.parse(JSON.stringify(options)) as { properties?: Record<string, { type?: string }> };
      const reachable = Object.entries(schema.properties ?? {}).filter(([, { type }]) => type !== 'array');
      expect(settingsOf(schema).map(({ name }) => name)).toEqual(reachable.map(([name]) => name));
    }
  });
});

describe('settingText', () => {
  it('has as many decimals as the step', () => {
    expect(settingText(inLanguage.en, 0.3, 0.01)).toBe('0.30');
    expect(settingText(inLanguage.en, 3, 1)).toBe('3');
    expect(settingText(inLanguage.en, 2.5, 0.5)).toBe('2.5');
    expect(settingText(inLanguage.en, 120, 10)).toBe('120');
    expect(settingText(inLanguage.de, 2.5, 0.5)).toBe('2,5');
  });
});
