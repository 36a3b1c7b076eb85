// node tests/kernel/run-guest.ts PROGRAM [ARGUMENTS]: runs a guest's program by hand; shows what it tells, and its console.
import { createInterface } from 'node:readline';
import { bootGuest } from './boot.ts';

const [program = 'tests/kernel/guest/hello.ts', ...args] = process.argv.slice(2);
await using guest = bootGuest({ program, args, seconds: 600, memoryMiB: Number(process.env.MEMORY_MIB ?? 512) });
guest.process.stdout?.pipe(process.stderr);
guest.process.stderr?.pipe(process.stderr);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void guest.end());
for await (const line of createInterface({ input: guest.line.fromGuest })) {
  console.log(line);
  if (line.startsWith('{"status"')) break;
}
