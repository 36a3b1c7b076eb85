import { describe, expect, it } from 'vitest';
import type { ArchiveState, Author, Examination, Kept } from '../../../src/protocol/examination-messages.ts';
import type { ServerMessage, ViewerMessage } from '../../../src/protocol/messages.ts';
import { lastLoop, runningClip } from '../../../web-client/examination/examination-state.ts';
import { Examining } from '../../../web-client/examination/examining.ts';

const author: Author = { name: 'Ada', key: '0123456789abcdef' };
const archive: ArchiveState = { state: 'ready' };
const examination = (id: string): Examination => ({
  examination: `2.25.${id}`,
  anonymous: true,
  openedUs: 1,
  stills: 0,
  clips: 0,
  marks: 0,
});
const kept = (name: string, rest: Partial<Kept> = {}): Kept => ({
  kept: name,
  kind: 'clip',
  stream: 0,
  source: 'Echo',
  modality: 'ultrasound',
  state: 'kept',
  fromUs: 100,
  toUs: 200,
  frames: 3,
  lost: 0,
  bytes: 9,
  author,
  madeUs: 300,
  ...rest,
});
const hello: ServerMessage = {
  type: 'hello',
  protocol: 1,
  server: 'lumencast',
  room: 'Room',
  viewer: 1,
  role: 'operator',
  invited: false,
  clockUs: 0,
  streams: [],
};
const welcome = (open?: Examination): ServerMessage => ({ type: 'examination', archive, author, ...(open && { examination: open }) });

/** An examining page and what it sends. */
function page() {
  const sent: ViewerMessage[] = [];
  let request = 0;
  let online = true;
  const examining = new Examining({ send: (message) => sent.push(message), nextRequest: () => ++request, online: () => online });
  examining.hear(hello);
  examining.hear(welcome(examination('1')));
  return { examining, sent, goOnline: (now: boolean) => (online = now) };
}
const refused = (request: number): ServerMessage => ({
  type: 'error',
  request,
  error: { code: 'record/no-room', message: 'the disk is full', remedy: 'make room' },
});

describe('what is kept, as the page knows it', () => {
  it('stands by time, follows what happens to it, and goes when it is discarded', () => {
    const { examining } = page();
    examining.hear({ type: 'kept', kept: kept('b', { fromUs: 500, toUs: 600 }) });
    examining.hear({ type: 'kept', kept: kept('a', { state: 'running' }) });
    expect(examining.state.kept.map((one) => one.kept)).toEqual(['a', 'b']);
    expect(runningClip(examining.state, 0)?.kept).toBe('a');
    expect(runningClip(examining.state, 1)).toBeUndefined();
    expect(lastLoop(examining.state, 0)?.kept).toBe('b');
    examining.hear({ type: 'kept', kept: kept('a', { toUs: 900 }) });
    expect(lastLoop(examining.state, 0)?.kept).toBe('a');
    examining.hear({ type: 'kept', kept: kept('a', { state: 'discarded' }) });
    expect(examining.state.kept.map((one) => one.kept)).toEqual(['b']);
  });

  it('is cleared away here where it failed: the server has it no more', () => {
    const { examining, sent } = page();
    examining.hear({ type: 'kept', kept: kept('a', { state: 'failed' }) });
    examining.hear({ type: 'kept', kept: kept('b') });
    for (const one of examining.state.kept) examining.discard(one);
    expect(examining.state.kept.map((one) => one.kept)).toEqual(['b']);
    expect(sent).toMatchObject([{ type: 'discard-kept', kept: 'b' }]);
  });

  it('belongs to one examination: another one begins empty, the same one keeps its own', () => {
    const { examining } = page();
    examining.hear({ type: 'kept', kept: kept('a') });
    examining.hear(welcome({ ...examination('1'), clips: 1 }));
    expect(examining.state.kept).toHaveLength(1);
    examining.hear(welcome(examination('2')));
    expect(examining.state.kept).toEqual([]);
    examining.hear({ type: 'kept', kept: kept('c') });
    examining.hear(hello);
    expect(examining.state).toMatchObject({ told: false, kept: [], examination: undefined });
  });

  it('is asked for in the examination that is open, and what is refused is said until something succeeds', () => {
    const { examining, sent } = page();
    examining.keepStill(0, 1234);
    expect(sent[0]).toMatchObject({ type: 'keep', kind: 'still', stream: 0, fromUs: 1234, examination: '2.25.1' });
    examining.hear(refused(1));
    expect(examining.state.refusal?.message).toBe('the disk is full');
    examining.keepClip(0, 1000);
    expect(sent[1]).toMatchObject({ type: 'keep', kind: 'clip', fromUs: 1000 });
    expect(sent[1]).not.toHaveProperty('toUs');
    expect(examining.state.refusal).toBeUndefined();
  });

  it('is asked for again under the same name where the line broke before there was an answer', () => {
    const { examining, sent } = page();
    examining.keepStill(0, 1234);
    examining.openExamination(undefined);
    examining.lost(false);
    expect(examining.state.refusal?.message).toContain('the line was cut');
    examining.hear(hello);
    examining.hear(welcome(examination('1')));
    expect(sent).toHaveLength(3);
    expect(sent[2]).toEqual(sent[0]);
    examining.hear({ type: 'kept', request: 1, kept: kept('a', { kind: 'still' }) });
    examining.lost(false);
    examining.hear(hello);
    examining.hear(welcome(examination('1')));
    expect(sent).toHaveLength(3);
  });

  it('gives back what was written to a bookmark that was refused, until it is asked for again or given up', () => {
    const { examining, goOnline } = page();
    examining.bookmark(0, 700, 'Septum');
    examining.bookmark(0, 800, '');
    expect(examining.state.refusedBookmarks).toEqual([]);
    for (const request of [1, 2]) examining.hear(refused(request));
    goOnline(false);
    examining.bookmark(1, 900, 'Apex');
    const [septum, apex] = [
      { stream: 0, atUs: 700, text: 'Septum' },
      { stream: 1, atUs: 900, text: 'Apex' },
    ];
    expect(examining.state.refusedBookmarks).toEqual([septum, apex]);
    // Also over a line that comes back.
    examining.hear(hello);
    examining.act({ act: 'bookmark-settled', atUs: 700 });
    expect(examining.state.refusedBookmarks).toEqual([apex]);
    examining.lost(true);
    expect(examining.state.refusedBookmarks).toEqual([]);
  });

  it('is not promised while the line is down', () => {
    const { examining, sent, goOnline } = page();
    goOnline(false);
    examining.bookmark(0, 5, 'septum');
    expect(sent).toEqual([]);
    expect(examining.state.refusal?.message).toContain('nothing was kept');
  });

  it('is found page by page, looked into, and left when an examination is set', () => {
    const { examining, sent } = page();
    const older = (at: number): Examination => ({ ...examination(`9${at}`), openedUs: at });
    examining.find('cu');
    examining.hear({ type: 'examinations', request: 1, examinations: [older(9), older(8)], more: true });
    examining.find('cu', true);
    expect(sent[1]).toMatchObject({ type: 'find-examinations', text: 'cu', beforeUs: 8 });
    examining.hear({ type: 'examinations', request: 2, examinations: [older(7)], more: false });
    expect(examining.state.found?.examinations.map(({ openedUs }) => openedUs)).toEqual([9, 8, 7]);
    examining.lookInto('2.25.99');
    examining.hear({ type: 'examination-content', request: 3, examination: older(9), kept: [kept('x')], marks: [], bookmarks: [] });
    expect(examining.state.looked?.kept).toHaveLength(1);
    examining.reopen('2.25.99');
    examining.hear({ type: 'examination-set', request: 4, examination: older(9) });
    expect(examining.state).toMatchObject({ looked: undefined, found: undefined, settled: 1 });
  });

  it('is gone from the page of who is out', () => {
    const { examining } = page();
    examining.hear({ type: 'kept', kept: kept('a') });
    examining.lost(true);
    expect(examining.state).toMatchObject({ told: false, kept: [], examination: undefined, looked: undefined });
  });
});
