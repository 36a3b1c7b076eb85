import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { frameBytes, frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain, type StageSettings } from '../../src/stage/chain.ts';
import { Bands } from '../../src/stream/bands.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';

/*
 * node scripts/bench.mjs bands [--json] [--frames=N] [--bands=N] [--stages=a,b,…]
 * The stages that can be shared out, on one 1920x1080 picture: alone, and by bands of rows on several cores, in turns in the
 * same run. The cores must be free, or the ratio says nothing.
 */

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    frames: { type: 'string', default: '200' },
    bands: { type: 'string', default: '2' },
    stages: { type: 'string', default: 'window,persistence,median,despeckle,detail' },
  },
});
const frames = Number(values.frames);
const count = Math.max(2, Number(values.bands));
const settings: StageSettings[] = values.stages.split(',').map((stage) => ({ stage, enabled: true, options: {} }));

const format = frameFormat(1920, 1080, 'Y16', { window: { centre: 512, width: 1024 } });
const slot = (1920 * 1080 * 3 + 63) & ~63;
const kernelsOn = await compileKernels();
const alone = chainIn(1);
const shared = chainIn(count);
while (shared.bands?.ready !== true) await sleep(5);
shared.chain.share({ index: 0, count }, shared.bands);

const took = { alone: [] as number[], shared: [] as number[] };
for (let frame = 0; frame < frames; frame++) {
  for (const [name, { chain }] of Object.entries({ alone, shared }) as ['alone' | 'shared', typeof alone][]) {
    const start = performance.now();
    chain.apply((frame & 1) * slot, 2 * slot, {
      sequence: frame,
      capturedAtNs: BigInt(frame) * 16_000_000n,
      rPeak: false,
      synthetic: true,
    });
    took[name].push(performance.now() - start);
  }
}
shared.bands[Symbol.dispose]();

const [aloneMs, sharedMs] = [median(took.alone), median(took.shared)];
const result = { stages: values.stages, bands: count, cores: availableParallelism(), aloneMs, sharedMs, faster: aloneMs / sharedMs };
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else {
  const times = `${aloneMs.toFixed(2)} ms alone, ${sharedMs.toFixed(2)} ms in ${count} bands`;
  process.stdout.write(`${values.stages}, 1920x1080: ${times}: ${result.faster.toFixed(2)} times as fast\n`);
}

function chainIn(bandCount: number) {
  const scratch = 3 * slot;
  const own = scratch + StageChain.scratchBytes(format);
  const pages = Math.ceil((own + Bands.scratchBytes(format, bandCount)) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  // Fresh pages cost their first touch, which a stream pays at its start.
  bytes.fill(1);
  for (const picture of [0, 1]) {
    for (let at = 0; at < frameBytes(format); at++) bytes[picture * slot + at] = at & 1 ? (at >> 12) & 3 : (at * 31 + picture * 7) & 0xff;
  }
  const chain = new StageChain(settings, format, { kernels: kernelsOn(memory), memory: memory.buffer, scratch });
  return { chain, bands: bandCount === 1 ? undefined : new Bands(bandCount, memory, own, format, settings) };
}

function median(times: number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] as number;
}
