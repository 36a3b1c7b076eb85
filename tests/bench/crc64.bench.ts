// node scripts/bench.mjs crc64: how fast OpenIGTLink's checksum is, against the same by one table, byte by byte.
import { Crc64 } from '../../wasm/crc64.ts';

const megabytes = 4;
const rounds = 7;

const crc = await Crc64.open(megabytes * 1e6);
const bytes = crc.bytes.subarray(0, megabytes * 1e6);
for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 31) >> 3;

/** Two words a step: the table's upper and lower halves. */
const [high, low] = [new Uint32Array(256), new Uint32Array(256)];
for (let value = 0; value < 256; value++) {
  let state = BigInt(value) << 56n;
  for (let bit = 0; bit < 8; bit++) state = BigInt.asUintN(64, (state << 1n) ^ (state >> 63n ? 0x42f0e1eba9ea3693n : 0n));
  high[value] = Number(state >> 32n);
  low[value] = Number(state & 0xffffffffn);
}

function byTable(): bigint {
  let [upper, lower] = [0, 0];
  for (let at = 0; at < bytes.length; at++) {
    const entry = (upper >>> 24) ^ (bytes[at] as number);
    const shifted = (upper << 8) | (lower >>> 24);
    upper = shifted ^ (high[entry] as number);
    lower = (lower << 8) ^ (low[entry] as number);
  }
  return (BigInt(upper >>> 0) << 32n) | BigInt(lower >>> 0);
}

/** Best of some rounds, gigabytes a second. */
function fastest(work: () => bigint): number {
  let bestMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now();
    work();
    bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  return megabytes / bestMs;
}

const lanes = (): bigint => crc.over(0, bytes.length);
if (lanes() !== byTable()) throw new Error('the two do not agree');
const [fast, plain] = [fastest(lanes), fastest(byTable)];
console.log(`crc64: ${fast.toFixed(2)} GB/s, one table in JavaScript: ${plain.toFixed(2)} GB/s, ${(fast / plain).toFixed(1)} times`);
if (fast < 1) process.exitCode = 1;
