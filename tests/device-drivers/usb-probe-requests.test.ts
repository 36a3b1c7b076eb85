import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Probe, SetUp } from '../../device-drivers/usb-probe/probe.ts';
import { bmvConvex, bmvDoppler } from '../../device-drivers/usb-probe/probes/bmv.ts';
import { healsonUp20l } from '../../device-drivers/usb-probe/probes/healson-up20l.ts';
import { intersonSeemore } from '../../device-drivers/usb-probe/probes/interson-seemore.ts';
import { readSetUp } from '../../device-drivers/usb-probe/set-up.ts';
import { haveRecordings, recording } from '../support/recordings.ts';
import { NotedLink } from './usb-probe-link.ts';

type Row = Readonly<Record<string, string>>;

function rowsOf(name: string): Row[] {
  const [names = [], ...rows] = readFileSync(recording(`usb/${name}.csv`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trimEnd().split(','));
  return rows.map((row) => Object.fromEntries(names.map((column, at) => [column, row[at] ?? ''])));
}

async function sent(probe: Probe, setUp?: SetUp): Promise<{ initialise: string[]; start: string[]; picture: string[]; stop: string[] }> {
  const of = async (act: (link: NotedLink) => Promise<void> | undefined): Promise<string[]> => {
    const link = new NotedLink();
    await act(link);
    return link.noted;
  };
  return {
    initialise: await of((link) => probe.initialise(link, setUp)),
    start: await of((link) => probe.start(link, setUp)),
    picture: await of((link) => probe.askPicture?.(link)),
    stop: await of((link) => probe.stop(link)),
  };
}

/** Where a run of requests stands in a recording; -1: nowhere. */
function place(run: readonly string[], recorded: readonly string[], from = 0): number {
  return recorded.findIndex((_, at) => at >= from && run.every((request, step) => recorded[at + step] === request));
}

describe.skipIf(!haveRecordings)('what is sent to a probe, request by request as recorded', () => {
  it('Healson UP20L', async () => {
    const all = rowsOf('up20l_run')
      .filter((row) => Number(row.ID) >= 103 && row.bRequest !== '6')
      .map((row) => {
        if (row.bRequest !== '')
          return row['RequestType:'] === '192' ? `in ${row.bRequest} ${row.value} 0 ${row.Length}` : `out ${row.bRequest} ${row.value}`;
        return row.data === '' ? `read ${row.EP} ${row.Length}` : `write ${row.EP} ${row.data}`;
      });
    // Its program asks for a register four times a second, between anything: that is left away, also its own first question.
    const recorded = without(all, ['out 178 1', 'write 2 ff16', 'out 179 1', 'read 134 512']);
    // The recording holds the first three bytes of what was written.
    const short = (request: string): string => request.replace(/^(write 2 .{6}).*/, '$1');
    const { initialise, start, picture, stop } = await sent(healsonUp20l, up20lTables(recorded));
    expect(initialise.length).toBeGreaterThan(150);
    // Its program breaks off before the last register the first time, and begins again with its question.
    const beginsAt = place(initialise.map(short), recorded);
    expect(recorded.slice(0, beginsAt)).toEqual(initialise.map(short).slice(0, beginsAt));
    const startsAt = place(start.map(short), recorded, beginsAt + initialise.length);
    expect(startsAt).toBeGreaterThan(0);
    const reads = Array.from({ length: 40 }, () => 'read 134 4096');
    expect(recorded.slice(startsAt + start.length, startsAt + start.length + 2 * 41)).toEqual([...picture, ...reads, ...picture, ...reads]);
    expect(place(stop, recorded)).toBeGreaterThan(startsAt);
  });

  it('BMV convex', async () => {
    const recorded = rowsOf('convex_on_off')
      .filter((row) => row.Sens === '0' && row.EP !== '129' && row.EP !== '130' && row.Req !== '6' && row.Req !== '0')
      .flatMap((row) => {
        if (row.Req !== '') return [`in ${row.Req} ${row.wV} ${row.wI} ${row.wL}`];
        return row.payload === '' ? [] : [`write ${row.EP} ${row.payload}`];
      });
    const { initialise, start, stop } = await sent(bmvConvex, readSetUp(recording('usb/convex_on_off.csv')));
    expect(recorded).toEqual([...initialise, ...start, ...stop]);
    expect(recorded.length).toBeGreaterThan(40);
  });

  it('BMV convex, that was set up before', async () => {
    const recorded = rowsOf('convex_gains').flatMap((row) => (row.EP === '1' && row.payload !== '' ? [`write 1 ${row.payload}`] : []));
    for (const probe of [bmvConvex, bmvDoppler]) {
      const { start, stop } = await sent(probe);
      expect([...start, ...stop]).toEqual(recorded);
    }
  });

  it('Interson SeeMore', async () => {
    for (const [name, speed] of [
      ['interson_run', 24],
      ['interson_on_off', 30],
    ] as const) {
      const recorded = rowsOf(name)
        .filter((row) => row.TYPE === 'URB_CONTROL' && row.bmRequest !== '226')
        .map((row) => {
          const { bmRequest, bmValue, bmIndex, bmLength } = row;
          return row.Sens === 'IN' ? `in ${bmRequest} ${bmValue} ${bmIndex} ${bmLength}` : `out ${bmRequest} ${bmValue}`;
        });
      const { initialise, start, stop } = await sent(intersonSeemore);
      // Only the first speed differs between the two.
      const first = recorded.slice(0, initialise.length).map((request) => (request === `out 216 ${speed}` ? 'out 216 24' : request));
      expect(initialise).toEqual(first);
      const own = withoutReads(recorded);
      if (name === 'interson_run') expect(place(withoutReads(start), own, initialise.length)).toBeGreaterThan(0);
      expect(place(stop, own)).toBeGreaterThan(0);
    }
  });
});

/** Its program reads tables of the probe's memory while it starts it, in another thread. */
const withoutReads = (requests: readonly string[]): string[] => requests.filter((request) => !/^in 240 (?!7216)/.test(request));

function without(requests: readonly string[], run: readonly string[]): string[] {
  const left: string[] = [];
  for (let at = 0; at < requests.length; ) {
    if (run.every((request, step) => requests[at + step] === request)) at += run.length;
    else left.push(requests[at++] as string);
  }
  return left;
}

/** The tables of the first set-up, of which only the beginnings are recorded, in pieces of as many bytes as a whole one has. */
function up20lTables(recorded: readonly string[]): SetUp {
  const begins = recorded.indexOf('out 182 0');
  const writes = recorded.slice(0, begins).flatMap((request, at) => {
    const [word, endpoint, hex = ''] = request.split(' ');
    if (word !== 'write') return [];
    const piece = Buffer.from(hex, 'hex');
    const isCut = recorded[at + 1]?.startsWith('write') === true;
    return [{ endpoint: Number(endpoint), data: piece.length < 3 ? piece : Buffer.concat([piece, Buffer.alloc(isCut ? 4093 : 97)]) }];
  });
  return { writes };
}
