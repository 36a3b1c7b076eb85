import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { DriverContext } from '../../device-drivers/driver.ts';
import { runProbe } from '../../device-drivers/usb-probe/probe-run.ts';
import { bmvConvex } from '../../device-drivers/usb-probe/probes/bmv.ts';
import { healsonUp20l } from '../../device-drivers/usb-probe/probes/healson-up20l.ts';
import { intersonSeemore } from '../../device-drivers/usb-probe/probes/interson-seemore.ts';
import { probes } from '../../device-drivers/usb-probe/probes.ts';
import { readSetUp } from '../../device-drivers/usb-probe/set-up.ts';
import { usbProbe } from '../../device-drivers/usb-probe/usb-probe.ts';
import type { Setup } from '../../device-drivers/usb-probe/usb-transport.ts';
import { AppError } from '../../src/app-error.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import { runDriver } from './driver-bench.ts';
import { driverContract } from './driver-contract.ts';
import { bmvPicture, sweptLines } from './usb-probe-bytes.ts';
import { NotedLink } from './usb-probe-link.ts';

const folder = mkdtempSync(join(tmpdir(), 'usb-probe-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

driverContract(usbProbe, { device: 'interson-seemore', recording: file('lines.bin', sweptLines([60, 62, 63, 61, 60, 62])) });

describe('usb-probe', () => {
  it('waits for a device that is not attached', async () => {
    const run = runDriver(usbProbe, { device: 'usb:04b4:00f1:NOSUCH' });
    await expect(run.ended).rejects.toMatchObject({ code: 'device/not-found', fields: { device: 'usb:04b4:00f1:NOSUCH' } });
  });

  it('names the probes that it knows, and what is wrong with a recording', async () => {
    await expect(runDriver(usbProbe, { device: 'x', recording: 'a.npz' }).ended).rejects.toMatchObject({ code: 'usb-probe/unknown-probe' });
    const bad = [join(folder, 'missing.npz'), file('empty.bin', ''), file('bad.npz', Buffer.from('PK\x03\x04zip?', 'latin1'))];
    for (const recording of bad) {
      const { ended } = runDriver(usbProbe, { device: 'bmv-convex', recording });
      await expect(ended).rejects.toMatchObject({ code: 'usb-probe/bad-recording' });
    }
  });

  it('has a rule for each probe, and says of each that it was never tried', () => {
    expect(usbProbe.udevRules?.length).toBe(probes.length);
    expect(usbProbe.udevRules?.[0]).toContain('ATTR{idVendor}=="04b4", ATTR{idProduct}=="8613"');
    for (const { hazards } of probes) expect(hazards).toContain('highVoltage');
  });

  it('lets nobody measure in what nobody has measured', () => {
    for (const probe of probes) {
      const { scan } = probe.format({});
      expect(scan?.assumed === true, probe.name).toBe(!probe.isMeasured({}));
      expect(probe.format({ depthMm: 80, sectorDeg: 70, radiusMm: 55, widthMm: 40 }).scan).toMatchObject({ depthEndMm: 80 });
      expect(probe.format({ depthMm: 80, sectorDeg: 70, radiusMm: 55, widthMm: 40 }).scan?.assumed).toBeUndefined();
    }
  });
});

describe('a set-up', () => {
  it('is what was written to a probe', () => {
    const path = file('set-up.csv', 't,EP,payload\n1,1,5a5a\n2,129,ffff\n3,0,00\n4,2,01:02\n5,1,\n');
    expect(readSetUp(path).writes.map(({ endpoint, data }) => [endpoint, ...data])).toEqual([
      [1, 0x5a, 0x5a],
      [2, 1, 2],
    ]);
  });

  it.each([
    ['no columns', 'a,b\n1,2\n', /no columns/],
    ['nothing written', 'EP,data\n129,00\n', /no data/],
    ['something else than hex', 'EP,data\n1,xyz\n', /not in hex/],
  ])('is refused with %s', (name, content, reason) => {
    expect(() => readSetUp(file(`${name}.csv`, content))).toThrow(
      expect.objectContaining({ code: 'usb-probe/bad-set-up', message: expect.stringMatching(reason) }),
    );
    expect(() => readSetUp(join(folder, 'missing.csv'))).toThrow(expect.objectContaining({ code: 'usb-probe/bad-set-up' }));
  });
});

interface Seen {
  readonly pictures: number;
  readonly losses: readonly string[];
  readonly warnings: readonly string[];
}

/** A probe at the end of a link that the test speaks through. */
function running(
  probe: (typeof probes)[number],
  link = new NotedLink(),
): {
  link: NotedLink;
  seen: () => Seen;
  ended: Promise<void>;
  stop: () => Promise<void>;
  until: (pictures: number) => Promise<void>;
} {
  const aborter = new AbortController();
  let pictures = 0;
  let shown: () => void = () => undefined;
  const losses: string[] = [];
  const warnings: string[] = [];
  const context: DriverContext<unknown> = {
    options: {},
    announce: () => undefined,
    lend(_capture, fill) {
      fill(new Uint8Array(frameBytes(probe.format({}))));
      pictures++;
      shown();
      return true;
    },
    lost: (name, _frames, pieces = 1) => void losses.push(pieces === 1 ? name : `${name} ${pieces}`),
    hold: () => undefined,
    warn: (text) => void warnings.push(text),
    now: () => process.hrtime.bigint(),
    sleepUntil: () => Promise.reject(new Error('not asked for')),
  };
  const device = { name: 'a probe', identity: 'usb:1:2' };
  const ended = runProbe({ probe, link, setUp: undefined, scan: {}, device }, context, aborter.signal);
  ended.catch(() => undefined);
  return {
    link,
    ended,
    seen: () => ({ pictures, losses, warnings }),
    async until(count) {
      while (pictures < count) {
        await new Promise<void>((resolve) => {
          shown = resolve;
        });
      }
    },
    async stop() {
      aborter.abort();
      await ended;
    },
  };
}

/** One transfer of it takes as long as the test wants. */
class HeldLink extends NotedLink {
  readonly #before: number;
  readonly held: Promise<void>;
  #reached: () => void = () => undefined;
  #released: Promise<void>;
  release: () => void = () => undefined;

  /** `before`: so many are noted when one is held. */
  constructor(before: number) {
    super();
    this.#before = before;
    this.held = new Promise((resolve) => {
      this.#reached = resolve;
    });
    this.#released = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  override async tell(setup: Setup): Promise<void> {
    await super.tell(setup);
    await this.#hold();
  }

  override async ask(setup: Setup, length: number): Promise<Uint8Array> {
    const answer = await super.ask(setup, length);
    await this.#hold();
    return answer;
  }

  async #hold(): Promise<void> {
    if (this.noted.length !== this.#before) return;
    this.#reached();
    await this.#released;
  }
}

describe('a running probe', () => {
  it('is started, read and stopped', async () => {
    const run = running(bmvConvex);
    const stream = await run.link.reading(0x81);
    for (const number of [1, 2, 3]) stream.data(bmvPicture(number));
    await run.until(1);
    await run.stop();
    expect(run.link.noted.filter((request) => request.startsWith('write')).map((request) => request.slice(32, 40))).toEqual([
      '000002a0',
      '000001a0',
    ]);
    expect(run.seen().warnings.join()).toContain('never run on hardware');
    expect(run.seen().warnings.join()).toContain('nothing can be measured');
  });

  it('goes on behind a stall, and counts it', async () => {
    const run = running(bmvConvex);
    const stream = await run.link.reading(0x81);
    stream.data(bmvPicture(1));
    stream.data(bmvPicture(2).subarray(0, 300_000));
    stream.fault('stall');
    stream.resumed();
    for (const number of [3, 4, 5]) stream.data(bmvPicture(number));
    await run.until(1);
    await run.stop();
    expect(run.seen().losses).toContain('usb-probe/stall');
  });

  it('that is asked for each picture is asked again when one broke', async () => {
    const run = running(healsonUp20l);
    const stream = await run.link.reading(0x86);
    const asked = (): number => run.link.noted.filter((request) => request === 'out 179 0').length;
    stream.fault('overflow');
    stream.resumed();
    const whole = new Uint8Array(512 * 160 * 2);
    while (asked() < 1) await new Promise((resolve) => setImmediate(resolve));
    stream.data(whole.subarray(0, 5000));
    stream.fault('stall');
    stream.resumed();
    while (asked() < 2) await new Promise((resolve) => setImmediate(resolve));
    stream.data(whole);
    await run.until(1);
    expect(asked()).toBe(3);
    await run.stop();
    expect(run.seen().losses).toContain('usb-probe/broken-picture');
    expect(run.link.noted.slice(-4)).toEqual(['out 178 1', 'write 2 ff11', 'out 179 1', 'read 134 512']);
  });

  it('is sent nothing that starts it behind what stops it', async () => {
    const run = running(intersonSeemore);
    // The stream breaks while the probe is being started.
    await run.link.reading(0x86);
    run.link.break(new AppError('usb-probe/transfer-failed', { device: 'a probe', doing: 'be read', reason: 'noise' }));
    await expect(run.ended).rejects.toMatchObject({ code: 'usb-probe/transfer-failed' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(run.link.noted.slice(-3)).toEqual(['out 209 0', 'out 214 0', 'out 187 0']);
  });

  it.each([
    ['readied', 3, []],
    ['started', -3, ['out 209 0', 'out 214 0', 'out 187 0']],
  ])('that is being %s is stopped behind the transfer that is under way', async (_, at, stopping) => {
    const all = new NotedLink();
    await intersonSeemore.initialise(all, undefined);
    const readied = all.noted.length;
    await intersonSeemore.start(all, undefined);
    const link = new HeldLink(at < 0 ? all.noted.length + at : at);
    const run = running(intersonSeemore, link);
    await link.held;
    expect(link.noted.length > readied).toBe(at < 0);
    const stopped = run.stop();
    link.release();
    await stopped;
    expect(link.noted).toEqual([...all.noted.slice(0, at < 0 ? all.noted.length + at : at), ...stopping]);
  });

  it('is told each thing that stops it, whatever it took before', async () => {
    const link = new NotedLink();
    const run = running(intersonSeemore, link);
    await link.reading(0x82);
    while (link.noted.at(-1) !== 'out 208 0') await new Promise((resolve) => setImmediate(resolve));
    link.refuses = ['out 209 0', 'out 214 0'];
    await run.stop();
    expect(link.noted.at(-1)).toBe('out 187 0');
  });

  it('counts bytes that belong to no line, all at once', async () => {
    const run = running(bmvConvex);
    const stream = await run.link.reading(0x81);
    stream.data(new Uint8Array(100_000));
    await run.stop();
    expect(run.seen().losses.filter((loss) => loss.startsWith('usb-probe/stray-bytes '))).toHaveLength(run.seen().losses.length);
    expect(run.seen().losses.length).toBeGreaterThan(0);
  });

  it('that is unplugged ends with that, and one that sends nothing with silence', async () => {
    const gone = running(bmvConvex);
    await gone.link.reading(0x81);
    gone.link.break(new AppError('device/gone', { device: 'a probe' }));
    await expect(gone.ended).rejects.toMatchObject({ code: 'device/gone' });
    await expect(running(bmvConvex).ended).rejects.toMatchObject({ code: 'usb-probe/silent' });
  });
});
