import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode, errorTable } from '../../src/app-error.ts';
import { vocabularies } from '../../src/marks/label.ts';
import { germanLabels, germanNotes } from '../../src/marks/words.ts';
import { bMode } from '../../src/stage/b-mode.ts';
import { mask } from '../../src/stage/mask.ts';
import { orientation } from '../../src/stage/orientation.ts';
import { pixelFormat } from '../../src/stage/pixel-format.ts';
import { presets } from '../../src/stage/presets.ts';
import { scanConversion } from '../../src/stage/scan-conversion.ts';
import { frozenStages } from '../../src/stage/stages.ts';
import { settingsOf } from '../../web-client/stage-schema.ts';
import { errorWords } from '../../web-client/words/error-words.ts';
import { germanErrors } from '../../web-client/words/german-errors.ts';
import { germanChoices, germanPlaces, germanPresets, germanReasons, germanStages } from '../../web-client/words/german-server.ts';
import {
  captionWords,
  choiceWords,
  noteWords,
  placeWords,
  presetWords,
  reasonWords,
  settingWords,
  stageWords,
} from '../../web-client/words/server-words.ts';
import { inLanguage } from '../../web-client/words/words.ts';

const { en, de } = inLanguage;
const root = resolve(import.meta.dirname, '../..');
const bracesIn = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

describe('errors in German', () => {
  it('are there for every code, with the same values in the same text', () => {
    expect(Object.keys(germanErrors).sort()).toEqual(Object.keys(errorTable).sort());
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      const [german, english] = [germanErrors[code], errorTable[code]];
      for (const text of ['message', 'remedy'] as const) {
        if (/[a-z]{3}/.test(english[text].replace(/\{\w+\}/g, ''))) expect(german[text], code).not.toBe(english[text]);
      }
      expect(bracesIn(german.message), code).toEqual(bracesIn(english.message));
      expect(bracesIn(german.remedy), code).toEqual(bracesIn(english.remedy));
    }
  });

  it('are filled with what the server tells', () => {
    const wire = JSON.parse(JSON.stringify(new AppError('device/silent', { driver: 'v4l2', seconds: 5 })));
    expect(errorWords(de, wire)).toEqual({
      message: 'der Treiber v4l2 antwortet seit 5 s nicht',
      remedy: 'er wird von selbst neu gestartet',
    });
    expect(errorWords(en, wire)).toEqual({ message: wire.message, remedy: wire.remedy });
  });

  it('stay in the words of a server that tells no values, or is newer', () => {
    const older = { code: 'device/silent', message: 'the driver v4l2 has not answered for 5 s', remedy: 'wait' };
    expect(errorWords(de, older)).toEqual({ message: older.message, remedy: older.remedy });
    const newer = { code: 'device/of-tomorrow', message: 'm', remedy: 'r' };
    expect(errorWords(de, newer)).toEqual({ message: 'm', remedy: 'r' });
    expect(errorWords(de, { ...newer, code: 'toString' }).message).toBe('m');
    expect(errorWords(de, { ...older, values: JSON.parse('{"toString": 1, "driver": "x"}') }).message).toBe(older.message);
  });

  it('tell no more than the English text shows', () => {
    const told = new AppError('device/gone', { device: 'probe', serial: 'secret' }).toJSON();
    expect(told.values).toEqual({ device: 'probe' });
    expect(new AppError('protocol/not-json', { text: 'secret' }).toJSON()).not.toHaveProperty('values');
  });
});

describe('what the server describes, in German', () => {
  const all = [...frozenStages, pixelFormat, bMode, scanConversion, mask, orientation];

  it('has a title for every stage, and words for all that can be set there', () => {
    expect(Object.keys(germanStages).sort()).toEqual(all.map(({ name }) => name).sort());
    for (const stage of all) {
      const settings = settingsOf(stage.options);
      expect(stageWords(de, { stage: stage.name, title: 'untold' }), stage.name).not.toBe('untold');
      expect(Object.keys(germanStages[stage.name]?.settings ?? {}).sort(), stage.name).toEqual(settings.map(({ name }) => name).sort());
      for (const setting of settings) {
        expect(settingWords(de, stage.name, setting).hint, setting.name).not.toBe(setting.hint);
        expect(settingWords(en, stage.name, setting)).toEqual(setting);
      }
    }
  });

  it('has a word for every choice, and no other', () => {
    const words = all
      .flatMap(({ options }) => settingsOf(options))
      .flatMap((setting) => (setting.kind === 'choice' ? setting.choices : []));
    const named = [...new Set(words.filter((word) => typeof word === 'string'))].sort();
    expect(Object.keys(germanChoices).sort()).toEqual(named);
    expect([choiceWords(de, 'motion-compensated'), choiceWords(en, 'motion-compensated'), choiceWords(de, 90)]).toEqual([
      'Bewegungskompensiert',
      'Motion compensated',
      '90',
    ]);
  });

  it('has every preset', () => {
    expect(Object.keys(germanPresets).sort()).toEqual(presets.map(({ name }) => name).sort());
    const [off] = presets.map(({ name, title, description }) => ({ preset: name, title, description }));
    if (off === undefined) throw new Error('there are no presets');
    expect([presetWords(de, off).title, presetWords(en, off).title]).toEqual(['Aus', 'Off']);
    expect(presetWords(de, { ...off, preset: 'of/tomorrow' }).title).toBe('Off');
  });

  it('has every place where something is lost, and none that nobody names', () => {
    const sources = globSync(['src/**/*.ts', 'device-drivers/**/*.ts', 'web-client/picture/*.tsx'], { cwd: root })
      .map((file) => readFileSync(resolve(root, file), 'utf8'))
      .join('\n');
    const lost = [...sources.matchAll(/(?:\.lost|[lL]osses\.add|#?lose)\(\s*'([a-z0-9-]+\/[a-z-]+)'/g)].map(([, place]) => place ?? '');
    expect(lost.length).toBeGreaterThan(15);
    for (const place of lost) expect(placeWords(de, place), place).not.toBe(place);
    for (const place of Object.keys(germanPlaces)) expect(sources, place).toContain(`'${place}'`);
    for (const reason of Object.keys(germanReasons)) {
      expect(sources, reason).toContain(`'${reason}'`);
      expect(reasonWords(de, reason)).not.toBe(reason);
    }
    expect([placeWords(en, 'encoder/failed'), placeWords(de, 'of/tomorrow'), reasonWords(de, 'Pedal')]).toEqual([
      'encoder/failed',
      'of/tomorrow',
      'Pedal',
    ]);
  });

  it('has every reason that a value of a mark can have, and the labels that are words', () => {
    const marks = globSync('src/marks/*.ts', { cwd: root }).map((file) => readFileSync(resolve(root, file), 'utf8'));
    for (const note of Object.keys(germanNotes))
      expect(
        marks.some((code) => code.includes(`'${note}'`)),
        note,
      ).toBe(true);
    const given = marks.flatMap((code) =>
      [...code.matchAll(/(?:reason: |: Uncalibrated = |\? |return |^ {2}\| )'([a-z][a-z ]+ [a-z ]+)'/gm)].map(([, text]) => text ?? ''),
    );
    const shown = given.filter((note) => !note.startsWith('it ') && !note.startsWith('one end ') && !note.startsWith('both ends '));
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.filter((note) => noteWords(de, note) === note)).toEqual([]);
    expect(noteWords(de, 'not calibrated, the outline crosses itself')).toBe('nicht kalibriert, der Umriss kreuzt sich selbst');
    expect([noteWords(de, 'axes are s and cm/s'), noteWords(en, 'not calibrated')]).toEqual([
      'die Achsen sind s und cm/s',
      'not calibrated',
    ]);
    const labels = Object.values(vocabularies).flatMap((labels): string[] => Object.values(labels));
    for (const label of Object.keys(germanLabels)) expect(labels).toContain(label);
    expect([captionWords(de, { label: 'lesion' }), captionWords(de, { text: 'Lesion' }), captionWords(en, { label: 'lesion' })]).toEqual([
      'Läsion',
      'Lesion',
      'Lesion',
    ]);
  });
});
