import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain, type StageSettings } from '../../src/stage/chain.ts';
import { presets } from '../../src/stage/presets.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { edgePreservation, flatBoxes, type Picture, psnr, speckle, ssim, TipPatch } from './support/picture-quality.ts';
import { measuredFrames, type Scene, scenes, settling } from './support/quality-scenes.ts';

/*
 * npm run bench:quality -- [--json] [--seed=N] [--python=PROGRAM] [--alone]
 * How well presets and their peers bring the simulator's clean pictures back from its noisy ones, and what a frame costs. Peers are
 * OpenCV and ffmpeg, each with the settings of a grid that give the best PSNR on the very scene; a peer that is not installed is named as
 * absent. --alone: without peers. With --json one object a line.
 */

interface Figures {
  readonly scene: string;
  readonly method: string;
  readonly settings: string;
  readonly version: string;
  /** Milliseconds of processor time a frame, on one thread. */
  readonly ms: number;
  readonly psnrDb: number;
  readonly ssim: number;
  readonly speckleIndex: number;
  readonly looks: number;
  readonly edges: number;
  /** Share of the catheter tip's contrast that is left, and how far it is displaced. */
  readonly tipContrast?: number;
  readonly tipShiftPixels?: number;
}

interface Peer {
  readonly peer: string;
  readonly version: string;
  readonly settings: string;
  readonly ms: number;
  readonly file: string;
}

const peersWanted = [
  'opencv median',
  'opencv bilateral',
  'opencv fastNlMeans',
  'ffmpeg hqdn3d',
  'ffmpeg atadenoise',
  'ffmpeg nlmeans',
] as const;
const frames = settling + measuredFrames;
/** Some minutes are usual: a grid of settings for every peer. */
const patienceMs = 1_800_000;
const words = process.argv.slice(2);
const given = (name: string): string | undefined => words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const [json, alone, seed, python] = [
  words.includes('--json'),
  words.includes('--alone'),
  Number(given('seed') ?? 1),
  given('python') ?? '/usr/bin/python3',
];

const kernelsOn = await compileKernels();
for (const scene of scenes(seed)) {
  const noisy = Array.from({ length: frames }, (_, frame) => scene.noisy(frame));
  const clean = Array.from({ length: frames }, (_, frame) => scene.clean(frame));
  const results = presets
    .filter(({ name }) => name === 'off' || name.startsWith(scene.kind.slice(0, 6)))
    .map(({ name, settings }) => {
      const { pictures, ms } = run(scene, noisy, settings);
      return figures(scene, clean, pictures, { method: name, settings: 'preset', version: process.version, ms });
    });
  if (!alone) results.push(...peers(scene, noisy, clean));
  if (json) for (const result of results) process.stdout.write(`${JSON.stringify({ seed, ...result })}\n`);
  else print(scene.name, results);
}

/** The chain over all pictures of a scene; the measured ones of the result, and the thread's own time for each. */
function run({ width, height, fps }: Scene, noisy: readonly Picture[], settings: readonly StageSettings[]) {
  const pixels = width * height;
  const scratch = (2 * pixels + 63) & ~63;
  const format = frameFormat(width, height, 'GREY', { frameIntervalMs: 1000 / fps });
  const pages = Math.ceil((scratch + StageChain.scratchBytes(format)) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const bytes = new Uint8Array(memory.buffer).fill(0);
  const chain = new StageChain(settings, format, { kernels: kernelsOn(memory), memory: memory.buffer, scratch });
  let spentUs = 0;
  const pictures = noisy.map(({ levels }, frame): Picture => {
    bytes.set(levels);
    if (!chain.active) return { width, height, levels };
    const before = process.threadCpuUsage();
    chain.apply(0, pixels, {
      sequence: frame,
      capturedAtNs: BigInt(Math.round(((frame + 1) * 1e9) / fps)),
      rPeak: false,
      synthetic: true,
    });
    const { user, system } = process.threadCpuUsage(before);
    if (frame >= settling) spentUs += user + system;
    return { width, height, levels: bytes.slice(pixels, 2 * pixels) };
  });
  return { pictures: pictures.slice(settling), ms: spentUs / 1000 / measuredFrames };
}

function figures(
  scene: Scene,
  clean: readonly Picture[],
  pictures: readonly Picture[],
  of: Pick<Figures, 'method' | 'settings' | 'version' | 'ms'>,
): Figures {
  const each = (measure: (picture: Picture, should: Picture, frame: number) => number): number =>
    pictures.reduce((total, picture, index) => total + measure(picture, clean[settling + index] as Picture, settling + index), 0) /
    pictures.length;
  return {
    scene: scene.name,
    ...of,
    psnrDb: each((picture, should) => psnr(picture, should, scene.mask)),
    ssim: each((picture, should) => ssim(picture, should, scene.mask)),
    speckleIndex: each((picture, should) => speckle(picture, flatBoxes(should, scene.mask)).index),
    looks: each((picture, should) => speckle(picture, flatBoxes(should, scene.mask)).looks),
    edges: each((picture, should, frame) => edgePreservation(picture, should, scene.edge(frame), 6)),
    ...tipOf(scene, clean, pictures),
  };
}

function tipOf(scene: Scene, clean: readonly Picture[], pictures: readonly Picture[]) {
  const [own, should] = [new TipPatch(), new TipPatch()];
  for (const [index, picture] of pictures.entries()) {
    const tip = scene.tip(settling + index);
    if (tip === undefined) return {};
    own.add(picture, tip);
    should.add(clean[settling + index] as Picture, tip);
  }
  const { contrast, shiftPixels } = own.against(should);
  return { tipContrast: contrast, tipShiftPixels: shiftPixels };
}

function peers(scene: Scene, noisy: readonly Picture[], clean: readonly Picture[]): Figures[] {
  const folder = mkdtempSync(join(tmpdir(), 'lumencast-quality-'));
  try {
    writeFileSync(join(folder, 'noisy.raw'), Buffer.concat(noisy.map(({ levels }) => levels)));
    writeFileSync(join(folder, 'clean.raw'), Buffer.concat(clean.map(({ levels }) => levels)));
    writeFileSync(join(folder, 'mask.raw'), scene.mask);
    const program = resolve(import.meta.dirname, 'support/quality-peers.py');
    const { width, height } = scene;
    const { status, stdout, stderr, error } = spawnSync(python, [program, folder, ...[width, height, frames, settling].map(String)], {
      encoding: 'utf8',
      timeout: patienceMs,
      killSignal: 'SIGKILL',
    });
    if (status !== 0) process.stderr.write(`the peers failed: ${error?.message ?? stderr}\n`);
    const found = status === 0 ? (JSON.parse(stdout) as Peer[]) : [];
    const absent = peersWanted.filter((name) => !found.some(({ peer }) => peer === name));
    if (absent.length > 0) process.stderr.write(`absent: ${absent.join(', ')}\n`);
    return found.map(({ peer, version, settings, ms, file }) =>
      figures(scene, clean, picturesIn(join(folder, file), scene), { method: peer, settings, version, ms }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function picturesIn(file: string, { width, height }: Scene): Picture[] {
  const bytes = readFileSync(file);
  return Array.from({ length: measuredFrames }, (_, index) => ({
    width,
    height,
    levels: bytes.subarray(index * width * height, (index + 1) * width * height),
  }));
}

function print(scene: string, results: readonly Figures[]): void {
  const lines = [`${scene}, seed ${seed}`, '                       ms/frame   PSNR   SSIM  speckle  looks  edges  tip: contrast, shift'];
  for (const { method, settings, ms, tipContrast, tipShiftPixels, ...figure } of results) {
    const tip = tipContrast === undefined ? '' : `${tipContrast.toFixed(3)} ${(tipShiftPixels ?? 0).toFixed(2)} px`;
    const [db, similar, index, looks, edges] = [
      figure.psnrDb.toFixed(2),
      figure.ssim.toFixed(3),
      figure.speckleIndex.toFixed(3),
      figure.looks.toFixed(0).padStart(5),
      figure.edges.toFixed(3),
    ];
    lines.push(`${method.padEnd(20)} ${ms.toFixed(2).padStart(9)}  ${db}  ${similar}   ${index}   ${looks}  ${edges}  ${tip}  ${settings}`);
  }
  process.stdout.write(`${lines.join('\n')}\n\n`);
}
