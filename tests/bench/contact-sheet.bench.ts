import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openRecording } from '../../device-drivers/replay/open-recording.ts';
import { bytesPerPixel, frameBytes, frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain } from '../../src/stage/chain.ts';
import { presetNamed } from '../../src/stage/presets.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { recording } from '../support/recordings.ts';

/*
 * node scripts/bench.mjs contact-sheet [FILE.jpg] [--python=PROGRAM]
 * Draws docs/presets.jpg: parts of real recordings as they are, after the presets for them, and after OpenCV's median and bilateral
 * filter with the settings that did best in bench:quality. Needs the recordings beside the repository, Python and OpenCV.
 */

interface Row {
  readonly file: string;
  /** The picture that is shown; those before it let the filters over time settle. */
  readonly frame: number;
  readonly left: number;
  readonly top: number;
  readonly presets: readonly [string, string];
}

const side = 256;
const rows: readonly Row[] = [
  {
    file: 'us/us_echo_a4c_sequoia_65f_clean.dcm',
    frame: 40,
    left: 150,
    top: 60,
    presets: ['ultrasound/soft', 'ultrasound/strong'],
  },
  { file: 'us/us_doppler_palette_10f_rle.dcm', frame: 8, left: 160, top: 60, presets: ['ultrasound/soft', 'ultrasound/strong'] },
  { file: 'xa/xa_coronary_rca_96f_jpeg8.dcm', frame: 60, left: 130, top: 100, presets: ['fluoro/low-dose', 'fluoro/strong'] },
];

const words = process.argv.slice(2);
const target = words.find((word) => !word.startsWith('--')) ?? resolve(import.meta.dirname, '../../docs/presets.jpg');
const python = words.find((word) => word.startsWith('--python='))?.slice('--python='.length) ?? '/usr/bin/python3';
const kernelsOn = await compileKernels();
const folder = mkdtempSync(join(tmpdir(), 'lumencast-sheet-'));
try {
  const sheet = [];
  for (const [index, row] of rows.entries()) {
    const names = ['off', ...row.presets];
    for (const [column, name] of names.entries()) writeFileSync(join(folder, `${index}-${column}.raw`), await crop(row, name));
    sheet.push({ names, fluoroscopy: row.file.startsWith('xa/') });
  }
  writeFileSync(join(folder, 'sheet.json'), JSON.stringify({ side, rows: sheet }));
  const program = resolve(import.meta.dirname, 'support/contact-sheet.py');
  const { status } = spawnSync(python, [program, folder, target], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** A square of a frame after a preset, as RGB. */
async function crop({ file, frame, left, top }: Row, preset: string): Promise<Uint8Array> {
  const played = await openRecording(recording(file));
  // No recording of the sheet needs to be formed: they are pictures already.
  const { width, height, pixelFormat: stored, ...rest } = played.format;
  if (stored !== 'GREY' && stored !== 'RGB24') throw new Error(`${file} is not of 8 bits`);
  const format = frameFormat(width, height, stored, rest);
  const bytes = frameBytes(format);
  const scratch = (2 * format.width * format.height * bytesPerPixel.RGB24 + 63) & ~63;
  const pages = Math.ceil((scratch + StageChain.scratchBytes(format)) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const chain = new StageChain(presetNamed(preset).settings, format, { kernels: kernelsOn(memory), memory: memory.buffer, scratch });
  const source = new Uint8Array(memory.buffer, 0, bytes);
  let capturedAtNs = 0n;
  for (let index = 0; index <= frame; index++) {
    // A decoder may hold on to what it is given: it gets memory of its own.
    const picture = new Uint8Array(bytes);
    await played.decode(index, picture);
    source.set(picture);
    capturedAtNs += 33_000_000n;
    if (chain.active) chain.apply(0, scratch / 2, { sequence: index, capturedAtNs, rPeak: false, synthetic: false });
  }
  const { pixelFormat, bytesPerLine } = chain.output;
  const result = chain.active ? new Uint8Array(memory.buffer, scratch / 2, frameBytes(chain.output)) : source;
  const pixels = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = (top + y) * bytesPerLine + (left + x) * (pixelFormat === 'RGB24' ? 3 : 1);
      for (let c = 0; c < 3; c++) pixels[3 * (y * side + x) + c] = result[pixelFormat === 'RGB24' ? at + c : at] as number;
    }
  }
  return pixels;
}
