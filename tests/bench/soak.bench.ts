import { TestViewer } from '../broadcast/test-room.ts';
import { startServer } from '../support/running-server.ts';
import { slopeOf } from './support/slope.ts';

/*
 * node scripts/bench.mjs soak [MINUTES]
 * A simulated 1024x768 stream at 60 frames/s to one viewer over loopback: heap and resident memory of the server, from its own /metrics,
 * every five seconds after a minute of warm-up; the slope is of the least-squares line. Goal: under 1 MB a minute over ten minutes.
 */

const minutes = Number(process.argv[2] ?? 10);
const warmUpS = 60;
const periodS = 5;

const server = await startServer(['--port', '0', '--config', new URL('./soak-room.json', import.meta.url).pathname]);
const viewer = new TestViewer(server.address, true);
await viewer.until(() => viewer.messages.length > 0);
viewer.say({ type: 'watch', stream: 0, views: ['processed'] });

const samples: { s: number; heapMB: number; rssMB: number }[] = [];
const startedAt = performance.now();
for (let s = 0; s < warmUpS + minutes * 60; s = (performance.now() - startedAt) / 1000) {
  await new Promise((resolve) => setTimeout(resolve, periodS * 1000));
  const text = await (await fetch(`${server.address}metrics`)).text();
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]) / 1e6;
  if (s >= warmUpS) samples.push({ s, heapMB: value('nodejs_heap_size_used_bytes'), rssMB: value('process_resident_memory_bytes') });
  // The viewer's own memory is none of the server's.
  viewer.frames.length = 0;
}
const stats = viewer.last('stats');
viewer.socket.terminate();
await server.stop();

const slope = (of: 'heapMB' | 'rssMB'): number => slopeOf(samples.map((sample) => ({ at: sample.s / 60, value: sample[of] }))).perOne;
const [first, last] = [samples[0], samples.at(-1)];
console.log(
  `Node ${process.version}, ${minutes} min after ${warmUpS} s of warm-up, ${stats?.captured} frames captured, ${stats?.sent} sent, ${stats?.skipped} skipped`,
);
console.log(`heap ${first?.heapMB.toFixed(1)} → ${last?.heapMB.toFixed(1)} MB, ${slope('heapMB').toFixed(2)} MB/min`);
console.log(`rss  ${first?.rssMB.toFixed(1)} → ${last?.rssMB.toFixed(1)} MB, ${slope('rssMB').toFixed(2)} MB/min (goal: under 1)`);
