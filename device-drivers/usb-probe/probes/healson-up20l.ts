import { frameFormat } from '../../../src/frame/frame-format.ts';
import type { Probe, ScanParser, ScanSink, SetUp } from '../probe.ts';
import type { UsbTransport } from '../usb-transport.ts';

/**
 * Healson UP20L, linear. Facts: requests recorded on the wire between a probe and its own program, and what kelu124/pyusbus (at
 * 7f68591) learnt of the samples. A Cypress FX2: a control request says what the next bulk transfer is, then it follows.
 * Where both differ the recording is followed (docs/decisions.md). Reverse engineered, never run on hardware.
 */
const request = { say: 178, fetch: 179, begin: 182, name: 184 } as const;
const toDevice = 0x40;
const fromDevice = 0xc0;
const outEndpoint = 0x02;
const inEndpoint = 0x86;
/** What the next bulk OUT is: a command of two bytes, or a table for the place that the last command chose. */
const say = { command: 1, table: 2 } as const;
const fetch = { picture: 0, register: 1, table: 2 } as const;
const choosesTable = 0x10;
const readsRegister = 0xff;
const announcementBytes = 16;
const answerBytes = 512;
/** Bulk OUT of a table is cut into these. */
const pieceBytes = 4096;

const lines = 160;
const samples = 512;
const pictureBytes = lines * samples * 2;
/** Extent of the picture by pyusbus, whose millimetres are marked as checked. */
const widthMm = 44.4;
const depthMm = 50;

/** Table 4 is written word by word before all others. */
const words: readonly (readonly number[])[] = [
  [0x01, 0x00, 0x00, 0x0f],
  [0x20, 0x00, 0x03, 0x0f],
  [0x00, 0x00, 0x03, 0x0f],
  [0xe3, 0x00, 0x16, 0x0f],
  [0xff, 0x00, 0x14, 0x0f],
  [0xc5, 0x80, 0x42, 0x0f],
  [0x0c, 0x82, 0x46, 0x0f],
];
const wordTable = 0x04;

/** What is sent one after the other: a table, or registers that are written and then read again, in groups. */
type Step =
  | { readonly table: number }
  | { readonly registers: readonly (readonly [register: number, value: number])[]; readonly unread?: true };
const firstSteps: readonly Step[] = [
  { registers: [[0x1b, 0x00]] },
  {
    registers: [
      [0x23, 0xe0],
      [0x24, 0x01],
    ],
  },
  {
    registers: [
      [0x25, 0xdf],
      [0x26, 0x01],
    ],
  },
  { table: 0x00 },
  { registers: [[0x1a, 0x06]] },
  ...[0x05, 0x06, 0x03, 0x0c, 0x0a, 0x09, 0x07, 0x08].map((table) => ({ table })),
  { registers: [[0x20, 0x04]] },
  { table: 0x08 },
  {
    registers: [
      [0x2b, 0xe9],
      [0x2c, 0x09],
    ],
    unread: true,
  },
  { registers: [[0x17, 0x00]] },
  {
    registers: [
      [0x27, 0x19],
      [0x28, 0x00],
    ],
  },
  {
    registers: [
      [0x29, 0x7c],
      [0x2a, 0x01],
    ],
  },
  { registers: [[0x18, 0x01]] },
  { registers: [[0x40, 0x0b]] },
];
/** Before the first picture. */
const secondSteps: readonly Step[] = [
  {
    registers: [
      [0x23, 0xe0],
      [0x24, 0x01],
    ],
  },
  {
    registers: [
      [0x25, 0xdf],
      [0x26, 0x01],
    ],
  },
  { table: 0x00 },
  { registers: [[0x1a, 0x06]] },
  { registers: [[0x41, 0x01]] },
  ...[0x0a, 0x09, 0x0a, 0x09, 0x07, 0x08].map((table) => ({ table })),
];
/** Registers that are read after the name: serial numbers and versions, as far as one can tell. */
const identities = [0x06, 0x07, 0x05] as const;
const freeze = 0x11;

export const healsonUp20l: Probe = {
  name: 'healson-up20l',
  title: 'Healson UP20L, linear',
  vendor: 0x04b4,
  product: 0x8613,
  queues: [{ endpoint: inEndpoint, transfers: 40, transferBytes: 4096 }],
  outputs: [outEndpoint],
  hazards: ['highVoltage'],
  wantsSetUp: true,
  lineIntervalUs: 240,
  lineBytes: samples * 2,
  format(settings) {
    const { depthMm: deep, widthMm: wide } = { depthMm, widthMm, ...settings };
    return frameFormat(samples, lines, 'S16', {
      scan: { kind: 'linear', depthStartMm: 0, depthEndMm: deep, lineStartMm: -wide / 2, lineEndMm: wide / 2 },
      rf: { layout: 'envelope', sampleRateMHz: (samples * soundMmPerUs) / (2 * deep), centreMHz: 0, bandMHz: 0 },
      frameIntervalMs: 150,
    });
  },
  isMeasured: () => true,
  async initialise(link, setUp) {
    const tables = tablesOf(setUp);
    await link.ask({ requestType: fromDevice, request: request.name, value: 0 }, 12);
    await command(link, choosesTable, 0x0e);
    await answer(link, fetch.table);
    await link.ask({ requestType: fromDevice, request: request.name, value: 1 }, 18);
    for (const register of identities) await readRegister(link, register);
    for (const word of words) await sendTable(link, wordTable, Uint8Array.from(word));
    await take(link, firstSteps, tables);
  },
  async start(link, setUp) {
    await take(link, secondSteps, tablesOf(setUp));
    await readRegister(link, 0x05);
    await tell(link, request.begin, 0);
    await command(link, 0x12, 0x01);
    await command(link, 0xfe, 0xaa);
    await command(link, freeze, 0);
    await readRegister(link, freeze);
  },
  askPicture: (link) => tell(link, request.fetch, fetch.picture),
  async stop(link) {
    await command(link, freeze, 1);
    await readRegister(link, freeze);
  },
  parser: (sink) => new PictureOfDepths(sink),
};

/** In soft tissue. */
const soundMmPerUs = 1.54;

async function take(link: UsbTransport, steps: readonly Step[], tables: ReadonlyMap<number, Uint8Array>): Promise<void> {
  for (const step of steps) {
    if ('table' in step) {
      const table = tables.get(step.table);
      if (table !== undefined) await sendTable(link, step.table, table);
      continue;
    }
    for (const [register, value] of step.registers) await command(link, register, value);
    if (step.unread !== true) for (const [register] of step.registers) await readRegister(link, register);
  }
}

async function sendTable(link: UsbTransport, table: number, bytes: Uint8Array): Promise<void> {
  await command(link, choosesTable, table);
  await tell(link, request.say, say.table);
  for (let at = 0; at < bytes.length; at += pieceBytes) await link.write(outEndpoint, bytes.subarray(at, at + pieceBytes));
}

async function command(link: UsbTransport, first: number, second: number): Promise<void> {
  await tell(link, request.say, say.command);
  await link.write(outEndpoint, Uint8Array.of(first, second));
}

async function readRegister(link: UsbTransport, register: number): Promise<void> {
  await command(link, readsRegister, register);
  await answer(link, fetch.register);
}

async function answer(link: UsbTransport, what: number): Promise<void> {
  await tell(link, request.fetch, what);
  await link.read(inEndpoint, answerBytes);
}

function tell(link: UsbTransport, which: number, value: number): Promise<void> {
  return link.tell({ requestType: toDevice, request: which, value }, new Uint8Array(announcementBytes));
}

/** The tables of a recorded set-up: each stands behind the command that chooses its place. */
function tablesOf(setUp: SetUp | undefined): ReadonlyMap<number, Uint8Array> {
  const pieces = new Map<number, Uint8Array[]>();
  let place: Uint8Array[] | undefined;
  for (const { endpoint, data } of setUp?.writes ?? []) {
    if (endpoint !== outEndpoint) continue;
    if (data.length !== 2) {
      place?.push(data);
      continue;
    }
    const [first, table] = data;
    place = [];
    // What is sent again replaces what was sent before.
    if (first === choosesTable && table !== undefined && table !== wordTable) pieces.set(table, place);
  }
  return new Map([...pieces].filter(([, parts]) => parts.length > 0).map(([table, parts]) => [table, Buffer.concat(parts)]));
}

/** A picture is what comes between one request for it and the next: row by row of equal depth, 16 bits, little-endian, the envelope. */
class PictureOfDepths implements ScanParser {
  readonly #sink: ScanSink;
  readonly #bytes = new Uint8Array(pictureBytes);
  #held = 0;
  #firstAtNs = 0n;

  constructor(sink: ScanSink) {
    this.#sink = sink;
  }

  get isOverfull(): boolean {
    return this.#held > pictureBytes;
  }

  push(bytes: Uint8Array, atNs: bigint): void {
    if (this.#held === 0) this.#firstAtNs = atNs;
    if (this.#held + bytes.length <= pictureBytes) this.#bytes.set(bytes, this.#held);
    this.#held += bytes.length;
    if (this.#held !== pictureBytes) return;
    this.#held = 0;
    this.#sink.picture(this.#firstAtNs, (pixels) => turned(this.#bytes, pixels));
  }

  interrupted(): void {
    this.#held = 0;
  }
}

const strongest = 0x7fff;

/** Rows of depths → rows of lines, 16 bits, unsigned → signed. */
function turned(depths: Uint8Array, target: Uint8Array): void {
  for (let line = 0; line < lines; line++) {
    let to = line * samples * 2;
    for (let from = line * 2; from < pictureBytes; from += lines * 2) {
      const value = Math.min(strongest, (depths[from] as number) | ((depths[from + 1] as number) << 8));
      target[to++] = value & 0xff;
      target[to++] = value >> 8;
    }
  }
}
