import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRoom, type TestViewer } from '../broadcast/test-room.ts';

const still = 'aaaaaaaaaaaaaaa1';
const clip = 'aaaaaaaaaaaaaaa2';
const patient = { name: 'Müller-Ångström, Zoë', id: 'P-77', born: '1950-12-31' };
const popplerIsThere = existsSync('/usr/bin/pdftotext');

let folder = '';
let room: Awaited<ReturnType<typeof openRoom>>;
let viewer: TestViewer;
let examination = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lumencast-print-'));
  const streams = [{ name: 'Echo', driver: 'simulator', options: { width: 320, height: 240, fps: 20 } }];
  room = await openRoom(streams, {}, { dataFolder: folder, archive: { off: false }, past: { minutes: 1 } });
  viewer = await room.view();
  viewer.say({ type: 'watch', stream: 0, views: ['processed'], tier: 'raw', codecs: ['raw'] });
  await viewer.until(() => viewer.frames.length > 3);
  viewer.say({ type: 'open-examination', request: 1, patient });
  await viewer.until(() => viewer.last('examination-set') !== undefined);
  examination = viewer.last('examination-set')?.examination?.examination ?? '';
  const { header } = viewer.frames.at(-1)!;
  viewer.say({
    type: 'put-mark',
    request: 5,
    mark: 'bbbbbbbbbbbbbbb1',
    stream: 0,
    on: { epoch: header.epoch },
    revision: 0,
    shape: { kind: 'text', number: 1, points: [{ x: 100, y: 100 }], caption: { text: 'Größe' } },
    fromUs: header.capturedAtUs,
  });
  await viewer.until(() => viewer.last('mark-put') !== undefined);
  viewer.say({ type: 'keep', request: 2, kept: still, stream: 0, kind: 'still' });
  viewer.say({ type: 'keep', request: 3, kept: clip, stream: 0, kind: 'clip' });
  await viewer.until(() =>
    viewer.messages.some((message) => message.type === 'kept' && message.kept.kept === clip && message.kept.frames > 3),
  );
  viewer.say({ type: 'keep-until', request: 4, kept: clip });
  const isKept = (kept: string): boolean =>
    viewer.messages.some((message) => message.type === 'kept' && message.kept.kept === kept && message.kept.state === 'kept');
  await viewer.until(() => isKept(still) && isKept(clip));
});
afterAll(async () => {
  await room.close();
  rmSync(folder, { recursive: true });
});

const order = (more: object = {}): object => ({
  examination,
  pictures: [{ kept: still }, { kept: clip }],
  layout: 2,
  paper: 'A4',
  marks: true,
  patient: true,
  language: 'de',
  timeZone: 'Europe/Berlin',
  ...more,
});

const post = (body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }): Promise<Response> =>
  fetch(new URL('print', room.address), { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });

const textOf = async (answer: Response): Promise<string> => {
  const file = join(folder, 'print.pdf');
  writeFileSync(file, new Uint8Array(await answer.arrayBuffer()));
  return execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
};

describe('POST /print', () => {
  it.skipIf(!popplerIsThere)('prints what was kept, with its marks, patient and room', async () => {
    const answer = await post(order());
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/pdf');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-disposition')).toBe('inline; filename="lumencast.pdf"');
    const text = await textOf(answer);
    expect(text).toContain('Müller-Ångström, Zoë · P-77 · geb. 31.12.1950');
    expect(text).toMatch(/1 · Echo · .* · Standbild/);
    expect(text).toMatch(/2 · Echo · .* · Clip/);
    expect(text).toMatch(/1\s+Größe/);
    expect(text).toContain('Nicht für die Diagnostik');
  });

  it.skipIf(!popplerIsThere)('leaves the patient out where nobody asked for that', async () => {
    const text = await textOf(await post(order({ patient: false })));
    expect(text).not.toMatch(/Müller|P-77/);
    expect(text).toContain('Echo');
  });

  it.each([
    ['no order', '{', 400, undefined],
    ['nothing', {}, 400, 'print/bad-order'],
    ['a layout that there is not', () => order({ layout: 9 }), 400, 'print/bad-order'],
    ['a patient of its own', () => order({ patient }), 400, 'print/bad-order'],
    ['more than there may be', () => order({ pictures: Array.from({ length: 61 }, () => ({ kept: still })) }), 400, 'print/bad-order'],
    ['what is not kept', () => order({ pictures: [{ kept: 'cccccccccccccccc' }] }), 404, 'print/not-there'],
    ['an order of a megabyte', () => 'x'.repeat(1024 * 1024), 413, undefined],
  ])('refuses %s', async (_, body, status, code) => {
    const answer = await post(typeof body === 'function' ? body() : body);
    expect(answer.status).toBe(status);
    const told = (await answer.json()) as { code: string };
    if (code !== undefined) expect(told.code).toBe(code);
    expect(JSON.stringify(told)).not.toContain('Müller');
  });

  it('refuses pages of other sites', async () => {
    const answer = await post(order(), { 'content-type': 'application/json', origin: 'https://elsewhere.example' });
    expect(answer.status).toBe(403);
  });

  it('says that no such examination is there', async () => {
    const answer = await post(order({ examination: '2.25.1' }));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(((await answer.json()) as { code: string }).code).toMatch(/^examination\//);
  });
});
