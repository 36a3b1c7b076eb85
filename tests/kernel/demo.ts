// npm run demo:usb [-- --port N]: boots the test kernel with virtual probes on its USB and a Lumencast server inside, and lets the host's browser in.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { bootGuest, testKernel } from './boot.ts';
import { Tunnel } from './tunnel.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8088' } } });
if (testKernel === undefined) {
  console.error('lumencast: no test kernel; build one with scripts/build-test-kernel.sh (8 minutes), or name one in LUMENCAST_TEST_KERNEL');
  process.exit(1);
}

const doors = createServer({ noDelay: true });
doors.listen(Number(values.port), '127.0.0.1');
await once(doors, 'listening');
const { port } = doors.address() as AddressInfo;

console.log('  booting Linux with a virtual probe on its USB …');
// The address in the browser is the one that the server in the guest believes it has.
await using guest = bootGuest({ program: 'tests/kernel/guest/demo.ts', args: [String(port)], memoryMiB: 1024, seconds: 24 * 3600 });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void guest.end());
const tunnel = new Tunnel({
  input: guest.line.fromGuest,
  output: guest.line.toGuest,
  hear(word) {
    if (word !== 'ready') return console.log(`  ${word}`);
    console.log(`\n  open http://127.0.0.1:${port}/\n`);
    console.log('  Type: unplug convex, plug convex, stall convex, plug interson (a second probe) …; Ctrl+C ends it.\n');
  },
});
doors.on('connection', (socket) => tunnel.carry(socket));
createInterface({ input: process.stdin }).on('line', (word) => tunnel.say(word.trim()));

await guest.ended;
doors.close();
console.log(guest.said().split('\n').slice(-20).join('\n'));
process.exit();
