import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bootGuest } from '../kernel/boot.ts';

/*
 * node scripts/bench.mjs usb-bulk [ROUNDS [KIB]]
 * On the test kernel: bytes a second from a virtual bulk endpoint that always has some, by usb-probe's transport and by a C program on
 * libusb with the same reads (2 MiB waiting, of 64 KiB each as the driver has them, or as told), in turns. Goal: 0.9. Needs gcc and libusb-1.0-0-dev.
 */

const [rounds = '7', readKiB = '64'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'lumencast-bench-'));
const program = join(folder, 'usb-reads');
execFileSync('gcc', ['-O2', '-o', program, join(import.meta.dirname, 'support/usb-reads.c'), '-lusb-1.0']);

await using guest = bootGuest({
  program: 'tests/kernel/guest/usb-bulk.ts',
  args: [program, rounds, '4', readKiB],
  memoryMiB: 768,
  seconds: 600,
});
const ratios: number[] = [];
const ours: number[] = [];
for await (const line of createInterface({ input: guest.line.fromGuest })) {
  const told = JSON.parse(line) as { ours: number; theirs: number } | { status: number };
  if ('status' in told) break;
  ratios.push(told.ours / told.theirs);
  ours.push(told.ours / 1e6);
  console.log(`ours ${(told.ours / 1e6).toFixed(1)} MB/s, libusb in C ${(told.theirs / 1e6).toFixed(1)} MB/s`);
}
rmSync(folder, { recursive: true });
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
console.log(`median ${median(ours).toFixed(1)} MB/s, ${median(ratios).toFixed(2)} of libusb in C (goal 0.9)`);
if (ratios.length === 0) throw new Error(guest.said().slice(-2000));
