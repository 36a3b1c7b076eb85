import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { scaleTaps, writeColumnTaps, writeRowTaps } from '../../src/stage/scale-taps.ts';
import { fillScanTable, scanTableLayout } from '../../src/stage/scan-table.ts';
import { chooseVariant, type Kernels, kernelVariants, windowFactors, yuvFactors } from '../../wasm/kernels.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { ffmpegMs, ffmpegVersion } from './peers/ffmpeg.ts';
import { Peer } from './peers/peer.ts';

/*
 * npm run bench:kernels -- [--json] [--only=TEXT] [--rounds=N] [--build=simd] [--python=PROGRAM] [--opencv-js=FOLDER]
 * Every kernel beside OpenCV, ffmpeg and opencv.js at 1920x1080, all on one core and in turns, and, where a kernel does little but move
 * bytes, beside a bare copy that reads and writes as many: nothing is faster. Peers that are not there are named.
 */

interface Filter {
  readonly filter: string;
  readonly inputFormat?: string;
  readonly frames?: number;
  readonly more?: readonly string[];
}

interface Case {
  readonly run: () => void;
  /** At most this share of OpenCV's time. */
  readonly goal?: number;
  readonly ffmpeg?: Filter;
  /** Bytes a pixel that it reads and writes, where that is what its time goes into. */
  readonly moves?: number;
}

interface Line {
  readonly kernel: string;
  readonly variant: string;
  readonly width: number;
  readonly height: number;
  readonly build: string;
  readonly peer: string;
  readonly peerVersion: string;
  readonly oursMs: number;
  readonly peerMs: number;
  readonly ratio: number;
  readonly oursMedianMs: number;
  readonly peerMedianMs: number;
  readonly ratioMedian: number;
  /** The first call after start, which must not cost more than a frame beyond the others. */
  readonly oursFirstMs: number;
  readonly goal?: number;
}

const [width, height] = [1920, 1080] as const;
const goals = { ffmpeg: 0.35, 'opencv.js': 0.33 } as const;
const given = (name: string): string | undefined => process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const json = process.argv.includes('--json');
const rounds = Number(given('rounds') ?? 12);
const only = given('only') ?? '';

if (process.env.LUMENCAST_PINNED === undefined && spawnSync('taskset', ['-V']).status === 0) {
  // The last core: the first one serves most interrupts.
  const core = /Cpus_allowed_list:\s*(?:\S*[,-])?(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const { status } = spawnSync('taskset', ['-c', core, process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, LUMENCAST_PINNED: core },
  });
  process.exit(status ?? 1);
}

const pixels = width * height;
const noiseBytes = pixels * 4;
const folder = mkdtempSync(join(tmpdir(), 'lumencast-bench-'));
const build = kernelVariants.find((name) => name === given('build')) ?? (await chooseVariant('this Node'));
const memory = new WebAssembly.Memory({ initial: 2048, maximum: 2048, shared: true });
const kernels: Kernels = (await compileKernels(build))(memory);
const bytes = new Uint8Array(memory.buffer);
bytes.fill(1);
const { cases, copyOf } = prepare(kernels);

try {
  await measureAll();
} finally {
  rmSync(folder, { recursive: true });
}

async function measureAll(): Promise<void> {
  const python = given('python') ? [given('python') as string] : ['python3', '/usr/bin/python3'];
  const script = resolve(import.meta.dirname, 'peers/opencv-kernels.py');
  using opencv = await firstOf(
    python.map((program) => () => Peer.start('opencv', program, [script, String(width), String(height), folder])),
  );
  const jsScript = resolve(import.meta.dirname, 'peers/opencv-js.ts');
  const jsFolder = given('opencv-js') ?? resolve(import.meta.dirname, '../..');
  using opencvJs = await Peer.start('opencv.js', process.execPath, [jsScript, String(width), String(height), folder, jsFolder]);
  const ffmpeg = ffmpegVersion();
  if (opencv === undefined) absent('opencv', 'no Python here imports cv2 and numpy (Debian: python3-opencv)');
  if (opencvJs === undefined) absent('opencv.js', '@techstark/opencv-js is not installed; --opencv-js=FOLDER names where it is');
  if (ffmpeg === undefined) absent('ffmpeg', 'not on the path');

  for (const [name, work] of Object.entries(cases)) {
    if (!name.includes(only)) continue;
    const peers = [opencv, opencvJs].filter((peer): peer is Peer => peer?.has(name) === true);
    const ours: number[] = [];
    const copies: number[] = [];
    const theirs = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
    for (let round = 0; round < rounds; round++) {
      ours.push(...timed(work.run, 4));
      if (work.moves !== undefined) copies.push(...timed(copyOf((work.moves * pixels) / 2), 4));
      for (const [peer, times] of theirs) await takeTurn(peer, name, times, round);
    }
    for (const [peer, times] of theirs) {
      if (peer.has(name)) report(name, peer.name, peer.version, ours, times, peer === opencv ? work.goal : goals['opencv.js']);
      else absent(peer.name, `ended in, or did not answer, ${name}`);
    }
    if (work.moves !== undefined) report(name, 'memcpy of the same bytes', process.version, ours, copies, undefined);
    if (work.ffmpeg !== undefined && ffmpeg !== undefined) besideFfmpeg(name, work, work.ffmpeg, ffmpeg, ours);
    if (peers.length === 0 && work.ffmpeg === undefined && work.moves === undefined) report(name, 'none', '', ours, [], undefined);
  }
}

/** A slow peer takes fewer turns, and none of its first runs counts. */
async function takeTurn(peer: Peer, name: string, times: number[], round: number): Promise<void> {
  const slow = (times.at(-1) ?? 0) > 20;
  if (!peer.has(name) || (slow && round % 4 !== 0)) return;
  const taken = await peer.run(name, round === 0 || slow ? 2 : 4);
  times.push(...(taken ?? []).slice(round === 0 ? 1 : 0));
}

function besideFfmpeg(name: string, work: Case, filter: Filter, version: string, ours: number[]): void {
  const whole = { input: join(folder, 'noise'), inputFormat: 'gray', frames: 60, ...filter };
  const times: number[] = [];
  try {
    for (let round = 0; round < 3; round++) {
      ours.push(...timed(work.run, 4));
      times.push(ffmpegMs(whole, width, height));
    }
    report(name, 'ffmpeg', version, ours, times, goals.ffmpeg);
  } catch (thrown) {
    absent('ffmpeg', `${name}: ${(thrown as Error).message}`);
  }
}

async function firstOf<Value>(attempts: readonly (() => Promise<Value | undefined>)[]): Promise<Value | undefined> {
  for (const attempt of attempts) {
    const value = await attempt();
    if (value !== undefined) return value;
  }
  return undefined;
}

function timed(run: () => void, times: number): number[] {
  return Array.from({ length: times }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
}

function absent(peer: string, reason: string): void {
  process.stdout.write(json ? `${JSON.stringify({ peer, absent: reason })}\n` : `absent: ${peer}: ${reason}\n`);
}

function report(name: string, peer: string, peerVersion: string, ours: number[], theirs: number[], goal: number | undefined): void {
  const [kernel = name, ...variant] = name.split(' ');
  const [oursMs, peerMs] = [Math.min(...ours), theirs.length === 0 ? Number.NaN : Math.min(...theirs)];
  const [oursMedianMs, peerMedianMs] = [median(ours), median(theirs)];
  const line: Line = {
    ...{ kernel, variant: variant.join(' '), width, height, build, peer, peerVersion },
    ...{ oursMs: rounded(oursMs), peerMs: rounded(peerMs), ratio: rounded(oursMs / peerMs) },
    ...{ oursMedianMs: rounded(oursMedianMs), peerMedianMs: rounded(peerMedianMs), ratioMedian: rounded(oursMedianMs / peerMedianMs) },
    oursFirstMs: rounded(ours[0] ?? Number.NaN),
    ...(goal !== undefined && { goal }),
  };
  if (json) process.stdout.write(`${JSON.stringify(line)}\n`);
  else process.stdout.write(`${sentence(name, line)}\n`);
}

function sentence(name: string, { peer, peerVersion, oursMs, peerMs, ratio, ratioMedian, goal }: Line): string {
  if (peer === 'none') return `${name.padEnd(26)} ${oursMs.toFixed(2).padStart(6)}  no peer`;
  const verdict = goal === undefined ? '' : `goal ${goal.toFixed(2)} ${ratio <= goal ? 'met' : 'MISSED'}`;
  const figures = [oursMs, peerMs, ratio, ratioMedian].map((figure) => figure.toFixed(2).padStart(7)).join(' ');
  return `${name.padEnd(26)} ${figures}  ${`${peer} ${peerVersion}`.padEnd(22)} ${verdict}`;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Pictures in memory and, for the peers, in files: noise, a noisy ramp of 8 and 10 bits, and the maps of the scan conversion. */
function prepare(k: Kernels): { readonly cases: Readonly<Record<string, Case>>; readonly copyOf: (length: number) => () => void } {
  let next = 0;
  const place = (size: number): number => {
    const at = next;
    next = (next + size + 63) & ~63;
    return at;
  };
  const [noise, grey, deep, target, scratch] = [noiseBytes, pixels, 2 * pixels, 4 * pixels, 12 * pixels].map(place) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [history, tables, plane] = [2 * pixels, 1 << 20, 4 * pixels].map(place) as [number, number, number];
  let state = 1;
  for (let at = 0; at < noiseBytes; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[noise + at] = state >>> 24;
  }
  for (let at = 0; at < pixels; at++) bytes[grey + at] = ((at % width) >> 4) + 40 + ((bytes[noise + at] as number) >> 3);
  const deepPixels = new Uint16Array(memory.buffer, deep, pixels);
  for (let at = 0; at < pixels; at++) deepPixels[at] = (bytes[grey + at] as number) * 4;
  const scan = { kind: 'sector', depthStartMm: 0, depthEndMm: 160, radiusMm: 0, angleStartDeg: -45, angleEndDeg: 45 } as const;
  const [lines, samples] = [256, 1024];
  const picture = { width, height, mmPerPixel: 160 / height, probeX: width / 2, probeY: 0 };
  const layout = scanTableLayout(place(scanTableLayout(0, picture).end), picture);
  const runs = fillScanTable(memory.buffer, layout.runs, scan, { lines, samples, lineBytes: samples }, picture, false);
  const rowTaps = place(1 << 20);
  const columnTaps = place(1 << 20);
  writeRowTaps(memory.buffer, rowTaps, scaleTaps(height, 720));
  writeColumnTaps(memory.buffer, columnTaps, scaleTaps(width, 1280), 1);
  const spans = new Uint16Array(memory.buffer, place(4 * height), 2 * height);
  bytes.fill(0, plane, plane + 4 * pixels);
  for (let y = 0; y < height; y++) drawSpan(spans, plane, y);
  const pairs = place(131_072);
  for (let level = 0; level < 256; level++) bytes[tables + level] = 255 - level;
  k.pairLevels(tables, pairs);
  writePictures(noise, grey, deep, scan, lines, samples, picture);
  const weights = place(1024);
  for (let difference = 0; difference < 16; difference++) {
    for (const ring of [0, 1, 2]) bytes[weights + 16 * ring + difference] = Math.round(24 * Math.exp(-((difference / 8) ** 2) - ring / 4));
  }

  const [bt601, full] = [yuvFactors('bt601', 'limited'), { black: 0, gain: 128 }];
  const eight = windowFactors({ centre: 126, width: 205 });
  const ten = windowFactors({ centre: 512, width: 1024 });
  const chroma = noise + pixels;
  const [w, h] = [width, height];
  const cases: Readonly<Record<string, Case>> = {
    'median 3x3': { moves: 2, goal: 0.7, run: () => k.median3(grey, w, target, w, w, h), ffmpeg: { filter: 'median=radius=1', frames: 8 } },
    'median 5x5': { goal: 0.5, run: () => k.median5(grey, w, target, w, w, h, scratch), ffmpeg: { filter: 'median=radius=2', frames: 8 } },
    'gaussian 7x7': {
      goal: 0.8,
      run: () => k.gaussian7(grey, w, target, w, w, h, 70, 55, 28, 10, scratch),
      ffmpeg: { filter: 'gblur=sigma=1.5' },
    },
    'bilateral 13 taps': {
      goal: 0.8,
      run: () => k.bilateral(grey, w, target, w, w, h, weights, 24, 2, scratch),
      ffmpeg: { filter: 'bilateral=sigmaS=1:sigmaR=0.08', frames: 20 },
    },
    'guided 7x7': {
      goal: 0.8,
      run: () => k.guided(grey, w, target, w, w, h, 3, 100, scratch),
      ffmpeg: { filter: 'guided=radius=3:eps=0.0015', frames: 4 },
    },
    'unsharp 7x7': {
      run: () => {
        k.gaussian7(grey, w, target, w, w, h, 70, 55, 28, 10, scratch);
        k.addDetail(grey, target, target, scratch, pixels, 8192, 0, 0, 32_767);
      },
      ffmpeg: { filter: 'unsharp=7:7:1', frames: 20 },
    },
    'persistence adaptive': {
      moves: 6,
      run: () => k.persistence(grey, w, target, w, w, h, history, 13_000, 512, 3),
      ffmpeg: { filter: 'hqdn3d', frames: 20 },
    },
    'yuyv grey': {
      moves: 3,
      goal: 0.5,
      run: () => k.packedToGrey(noise, 2 * w, target, w, w, h, 0, full.black, full.gain),
      ffmpeg: { inputFormat: 'yuyv422', filter: 'format=gray' },
    },
    'yuyv grey limited': { moves: 3, run: () => k.packedToGrey(noise, 2 * w, target, w, w, h, 0, 16, 149) },
    'yuyv rgba': {
      moves: 6,
      goal: 0.85,
      run: () => k.packedToRgba(noise, 2 * w, target, 4 * w, w, h, 0, ...bt601),
      ffmpeg: { inputFormat: 'yuyv422', filter: 'format=rgba' },
    },
    'yuyv rgb': {
      moves: 5,
      run: () => k.packedToRgb(noise, 2 * w, target, 3 * w, w, h, 0, ...bt601),
      ffmpeg: { inputFormat: 'yuyv422', filter: 'format=rgb24' },
    },
    'uyvy rgba': {
      moves: 6,
      run: () => k.packedToRgba(noise, 2 * w, target, 4 * w, w, h, 1, ...bt601),
      ffmpeg: { inputFormat: 'uyvy422', filter: 'format=rgba' },
    },
    'nv12 rgba': {
      moves: 5.5,
      run: () => k.nv12ToRgba(noise, w, chroma, w, target, 4 * w, w, h, ...bt601),
      ffmpeg: { inputFormat: 'nv12', filter: 'format=rgba' },
    },
    'nv12 rgb': {
      moves: 4.5,
      run: () => k.nv12ToRgb(noise, w, chroma, w, target, 3 * w, w, h, ...bt601),
      ffmpeg: { inputFormat: 'nv12', filter: 'format=rgb24' },
    },
    'i420 rgba': {
      moves: 5.5,
      run: () => k.i420ToRgba(noise, w, chroma, chroma + pixels / 4, w / 2, target, 4 * w, w, h, ...bt601),
      ffmpeg: { inputFormat: 'yuv420p', filter: 'format=rgba' },
    },
    'rgb grey': {
      moves: 4,
      run: () => k.rgbToGrey(noise, 3 * w, target, w, w, h, 77, 150, 29),
      ffmpeg: { inputFormat: 'rgb24', filter: 'format=gray' },
    },
    'bgra grey': {
      moves: 5,
      run: () => k.rgbaToGrey(noise, 4 * w, target, w, w, h, 29, 150, 77),
      ffmpeg: { inputFormat: 'bgra', filter: 'format=gray' },
    },
    'bgra rgb': {
      moves: 7,
      run: () => k.bgraToRgb(noise, 4 * w, target, 3 * w, w, h),
      ffmpeg: { inputFormat: 'bgra', filter: 'format=rgb24' },
    },
    'grey rgba': { moves: 5, run: () => k.greyToRgba(grey, target, pixels), ffmpeg: { filter: 'format=rgba' } },
    'window 8 bits': {
      moves: 2,
      goal: 0.7,
      run: () => k.windowGrey(grey, w, target, w, w, h, eight.low, eight.gain),
      ffmpeg: { filter: 'lut=c0=clip(1.25*val-30\\,0\\,255)' },
    },
    'window 16 bits': { moves: 3, goal: 0.7, run: () => k.windowY16(deep, 2 * w, target, w, w, h, ten.low, ten.gain) },
    'table 8 bits': { moves: 2, run: () => k.mapLevels(grey, w, target, w, w, h, pairs), ffmpeg: { filter: 'lut=c0=negval' } },
    'table and colour map rgba': { moves: 5, goal: 0.6, run: () => k.colourMapRgba(grey, w, target, 4 * w, w, h, tables) },
    'colour map rgb': { moves: 4, run: () => k.colourMap(grey, w, target, 3 * w, w, h, tables) },
    'clahe 8x8': {
      run: () => {
        k.tileTables(grey, w, w, h, 8, 8, 2, history, scratch);
        k.equalize(grey, w, target, w, w, h, 8, 8, history, scratch);
      },
    },
    'scan conversion sector': {
      goal: 0.4,
      run: () => k.scanConvert(noise, samples, target, w, w, h, layout.runs, runs, layout.offsets, layout.fractions),
      ffmpeg: { filter: '[0][1][2]remap', frames: 20, more: [join(folder, 'map-x.pgm'), join(folder, 'map-y.pgm')] },
    },
    'mirror grey': { moves: 2, run: () => k.mirror(grey, w, target, w, w, h, 1), ffmpeg: { filter: 'hflip', frames: 120 } },
    'quarter turn grey': {
      moves: 2,
      run: () => k.transpose(grey + (h - 1) * w, -w, target, h, w, h, 1),
      ffmpeg: { filter: 'transpose=clock', frames: 120 },
    },
    'scale 1280x720': {
      moves: 1 + 4 / 9,
      run: () => k.scale(grey, w, target, 1280, 1280, 720, w, rowTaps, columnTaps, scratch),
      ffmpeg: { filter: 'scale=1280:720:flags=area' },
    },
    'overlay sparse': { run: () => k.blendPlane(target, 3 * w, w, h, 3, plane, spans.byteOffset) },
  };
  return { cases, copyOf: (length) => () => k.copyRows(noise, length, target, length, length, 1) };
}

/** Every row drawn upon for 4 % of its width. */
function drawSpan(spans: Uint16Array, plane: number, y: number): void {
  spans[2 * y] = 100;
  spans[2 * y + 1] = 177;
  bytes.fill(160, plane + 4 * (y * width + 100), plane + 4 * (y * width + 177));
}

function writePictures(
  noise: number,
  grey: number,
  deep: number,
  scan: { readonly angleStartDeg: number; readonly angleEndDeg: number; readonly depthEndMm: number },
  lines: number,
  samples: number,
  { mmPerPixel, probeX }: { readonly mmPerPixel: number; readonly probeX: number },
): void {
  const file = (name: string, at: number, length: number): void => writeFileSync(join(folder, name), bytes.slice(at, at + length));
  file('noise', noise, noiseBytes);
  file('grey', grey, pixels);
  file('deep', deep, 2 * pixels);
  const [mapX, mapY] = [new Float32Array(pixels), new Float32Array(pixels)];
  for (let at = 0; at < pixels; at++) {
    const [x, y] = [((at % width) - probeX) * mmPerPixel, Math.floor(at / width) * mmPerPixel];
    mapX[at] = (Math.hypot(x, y) / scan.depthEndMm) * (samples - 1);
    mapY[at] = (((Math.atan2(x, y) * 180) / Math.PI - scan.angleStartDeg) / (scan.angleEndDeg - scan.angleStartDeg)) * (lines - 1);
  }
  writeFileSync(join(folder, 'map-x'), mapX);
  writeFileSync(join(folder, 'map-y'), mapY);
  // For ffmpeg's remap: 16 bits big-endian, whole pixels of a picture as large as its result.
  for (const [name, map, most] of [
    ['map-x.pgm', mapX, width - 1],
    ['map-y.pgm', mapY, height - 1],
  ] as const) {
    const words = Buffer.alloc(2 * pixels);
    map.forEach((value, at) => {
      words.writeUInt16BE(Math.min(Math.max(Math.round(value), 0), most), 2 * at);
    });
    writeFileSync(join(folder, name), Buffer.concat([Buffer.from(`P5\n${width} ${height}\n65535\n`), words]));
  }
}
