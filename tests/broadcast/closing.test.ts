import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Archive } from '../../src/archive/archive.ts';
import { ask, enter, tokenOf } from '../access/asking.ts';
import { openCompany } from '../examination/company.ts';
import { openRoom } from './test-room.ts';

const echo = { name: 'Echo', options: { kind: 'ultrasound', width: 160, height: 120, fps: 20 } };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lumencast-closing-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a data folder that takes no writes', () => {
  it('keeps neither the server from starting, nor whoever started it from coming in, nor anything from being closed', async () => {
    // What is written first, before it replaces the file.
    mkdirSync(join(folder, 'guests.json.next'));
    const room = await openRoom([echo], {}, { access: 'invited', dataFolder: folder });
    const key = await enter(room.address, tokenOf(room.invitation));
    const operator = await room.view(true, { headers: key });
    operator.say({ type: 'watch', stream: 0, views: ['processed'] });
    await operator.until(() => operator.frames.length > 0);
    operator.say({ type: 'invite', request: 1, label: 'Ward 3', role: 'observer', minutes: 60, once: true });
    await operator.until(() => operator.last('error')?.error.code === 'access/folder-unusable');
    await room.close();
    expect(existsSync(join(folder, 'server.lock'))).toBe(false);
  });

  it('that is gone when the server ends keeps nothing from being closed', async () => {
    const room = await openRoom([echo], {}, { access: 'invited', dataFolder: folder });
    rmSync(folder, { recursive: true });
    await room.close();
    await expect(ask(room.address, 'healthz')).rejects.toThrow();
  });
});

describe('an archive whose disk does not answer', () => {
  it('is not waited for when the server ends', async () => {
    let isAsked = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const company = await openCompany(undefined, folder, undefined, ({ archive, past }) => {
      if (!(archive instanceof Archive)) throw new Error('there is no archive');
      archive.putMarks = () => {
        isAsked();
        return new Promise(() => undefined);
      };
      return { archive, past };
    });
    company.operator.say({ ...company.put(1, 0, 5), request: 1 });
    await asked;
    await company.close();
    await expect(ask(company.room.address, 'healthz')).rejects.toThrow();
  });
});
