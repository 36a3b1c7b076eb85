import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Walls } from '../../src/broadcast/walls.ts';
import type { Wall } from '../../src/protocol/wall.ts';
import { openRoom } from './test-room.ts';

const wall = (name: string, more: Partial<Wall> = {}): Wall => ({
  name,
  columns: 2,
  rows: 1,
  cells: [{ stream: 1 }, { stream: 0 }],
  linked: false,
  ...more,
});
const operator = { role: 'operator', may: () => true, mayLose: () => true } as const;
const [keptOfA, keptOfB] = ['0123456789abcdef', 'fedcba9876543210'];
const ofA = { role: 'operator', may: (stream: number) => stream === 0, mayLose: (kept: string) => kept !== keptOfB } as const;
const echo = (name: string) => ({ name, options: { width: 64, height: 64, fps: 10 } });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'walls-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the layouts of a room', () => {
  it('are the same for everybody, and survive the server', async () => {
    const room = await openRoom([echo('A'), echo('B')], {}, { dataFolder: folder });
    const [one, other] = [await room.view(), await room.view()];
    await other.until(() => other.last('walls') !== undefined);
    expect(other.last('walls')?.walls).toEqual([]);
    one.say({ type: 'save-wall', request: 7, wall: wall('Biplane') });
    await other.until(() => other.last('walls')?.walls.length === 1);
    await one.until(() => one.last('done')?.request === 7);
    one.say({ type: 'save-wall', request: 8, wall: wall('Biplane', { linked: true }) });
    await other.until(() => other.last('walls')?.walls[0]?.linked === true);
    await room.close();
    // The same streams in another order: known by name.
    const again = await openRoom([echo('B'), echo('C')], {}, { dataFolder: folder });
    const later = await again.view();
    await later.until(() => later.last('walls') !== undefined);
    expect(later.last('walls')?.walls).toEqual([wall('Biplane', { linked: true, cells: [{ stream: 0 }, {}] })]);
    later.say({ type: 'discard-wall', request: 1, name: 'Biplane' });
    await later.until(() => later.last('walls')?.walls.length === 0);
    later.say({ type: 'discard-wall', request: 2, name: 'Biplane' });
    await later.until(() => later.last('error')?.error.code === 'wall/unknown');
    await again.close();
  });

  it('are refused where they name other than a picture for each place', async () => {
    const room = await openRoom([echo('A'), echo('B')], {}, { dataFolder: folder });
    const viewer = await room.view();
    viewer.say({ type: 'save-wall', request: 3, wall: wall('Odd', { columns: 3 }) });
    await viewer.until(() => viewer.last('error') !== undefined);
    expect(viewer.last('error')).toMatchObject({ request: 3, error: { code: 'wall/bad' } });
    viewer.say({ type: 'ping', sentUs: 1 });
    await viewer.until(() => viewer.last('pong') !== undefined);
    await room.close();
  });

  it('show nothing of a stream that somebody may not see', async () => {
    const walls = new Walls(folder, ['A', 'B']);
    await walls.save(wall('Both'), operator);
    expect(walls.seenBy(ofA)[0]?.cells).toEqual([{}, { stream: 0 }]);
  });

  it('show what is kept to nobody who does not mark', async () => {
    const walls = new Walls(folder, ['A', 'B']);
    const cells = [{ stream: 0 }, { kept: '0123456789abcdef' }];
    await walls.save(wall('Compared', { cells }), operator);
    expect(walls.seenBy({ ...operator, role: 'observer' })[0]?.cells).toEqual([{ stream: 0 }, {}]);
    expect(walls.seenBy({ ...operator, role: 'marker' })[0]?.cells).toEqual(cells);
  });

  it('lose nothing through somebody who does not see all of it', async () => {
    const walls = new Walls(folder, ['A', 'B']);
    await walls.save(wall('Both'), operator);
    const own = wall('Both', { cells: [{ stream: 0 }, {}] });
    await expect(walls.save(own, ofA)).rejects.toMatchObject({ code: 'wall/not-all-seen' });
    await expect(walls.discard('Both', ofA)).rejects.toMatchObject({ code: 'wall/not-all-seen' });
    await expect(walls.save(wall('Mine'), ofA)).rejects.toMatchObject({ code: 'protocol/unknown-stream' });
    await expect(walls.save(wall('Far', { cells: [{ stream: 2 }, {}] }), operator)).rejects.toMatchObject({
      code: 'protocol/unknown-stream',
    });
    const withKept = (name: string, kept: string): Wall => wall(name, { cells: [{ stream: 0 }, { kept }] });
    await walls.save(withKept('Compared', keptOfB), operator);
    await expect(walls.save({ ...own, name: 'Compared' }, ofA)).rejects.toMatchObject({ code: 'wall/not-all-seen' });
    await expect(walls.discard('Compared', ofA)).rejects.toMatchObject({ code: 'wall/not-all-seen' });
    await walls.save(withKept('Mine', keptOfA), ofA);
    await walls.discard('Mine', ofA);
    expect(walls.seenBy(operator)).toEqual([wall('Both'), withKept('Compared', keptOfB)]);
  });

  it('are as many as a room needs', async () => {
    const walls = new Walls(folder, ['A', 'B']);
    for (let i = 0; i < 32; i++) await walls.save(wall(`Layout ${i}`), operator);
    await walls.save(wall('Layout 3', { rows: 2, cells: [{}, {}, {}, {}] }), operator);
    await expect(walls.save(wall('One more'), operator)).rejects.toThrow('32');
  });

  it('are told only when they are on disk', async () => {
    const place = join(folder, 'no-folder');
    writeFileSync(place, '');
    const walls = new Walls(place, ['A', 'B']);
    await expect(walls.save(wall('Lost'), operator)).rejects.toMatchObject({ code: 'access/folder-unusable' });
    expect(walls.seenBy(operator)).toEqual([]);
    rmSync(place);
    await walls.save(wall('Kept'), operator);
    expect(walls.seenBy(operator)).toEqual([wall('Kept')]);
  });

  it('begin anew where the file is damaged', async () => {
    for (const content of ['', '{"version":1', '{"version":2,"walls":[]}', '{"version":1,"streams":["A"],"walls":[{"name":3}]}']) {
      writeFileSync(join(folder, 'walls.json'), content);
      const walls = new Walls(folder, ['A', 'B']);
      expect(walls.seenBy(operator)).toEqual([]);
      await walls.save(wall('New'), operator);
      expect(new Walls(folder, ['A', 'B']).seenBy(operator)).toEqual([wall('New')]);
    }
  });
});
