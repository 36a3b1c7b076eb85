import { readFileSync } from 'node:fs';
import { AppError, asAppError } from './app-error.ts';
import { openServer } from './broadcast/server.ts';
import { type Command, helpText, parseCommandLine } from './config/command-line.ts';
import { anchorClock } from './device/clock.ts';
import { listDevices, type Outlet, writeUdevRules } from './discovery/devices-command.ts';
import { inspectFiles } from './inspect/inspect.ts';
import { loadCommand } from './load/load.ts';
import { openLog } from './log.ts';
import { settled } from './stream/settled.ts';
import { Stream } from './stream/stream.ts';

/** device → session → frames → stages → encoder (a worker per stream) → stream → server → viewers. */
async function serve({ room, json }: Extract<Command, { run: 'serve' }>): Promise<void> {
  const log = openLog();
  const clock = anchorClock();
  const streams = room.streams.map((settings, id) => new Stream(id, settings, room.limits, clock, log));
  const server = await openServer(room, streams, clock, version);
  for (const stream of streams) stream.start();
  const ended = untilEnded();

  const summaries = await Promise.race([settled(streams), ended]);
  if (json) process.stdout.write(`${JSON.stringify({ address: server.address, streams: summaries })}\n`);
  else process.stdout.write(`\n  ${room.room}: open ${server.address}\n  Not for diagnostic use. Ctrl+C ends it.\n\n`);

  await ended;
  await Promise.all([server.close(), ...streams.map((stream) => stream.close())]);
}

/** Resolves when this process is asked to end, or when the command that started it is gone. */
function untilEnded(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    process.once('disconnect', () => resolve());
  });
}

const version = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

const outlet: Outlet = {
  line: (text) => void process.stdout.write(`${text}\n`),
  trouble: ({ code, message, remedy }) => void process.stderr.write(`lumencast: ${code}: ${message}\n  ${remedy}\n`),
};

async function run(command: Command): Promise<number> {
  switch (command.run) {
    case 'help':
      process.stdout.write(helpText);
      return 0;
    case 'version':
      process.stdout.write(`lumencast ${version}\n`);
      return 0;
    case 'inspect':
      return await inspectFiles(command.files, command, (line) => process.stdout.write(`${line}\n`));
    case 'devices':
      return await listDevices({ configured: command.room?.streams ?? [], json: command.json }, outlet);
    case 'udev':
      await writeUdevRules(command.file, outlet);
      return 0;
    case 'load':
      await loadCommand(command, (line) => process.stdout.write(`${line}\n`));
      return 0;
    case 'serve':
      await serve(command);
      return 0;
  }
}

try {
  process.exitCode = await run(parseCommandLine(process.argv.slice(2), process.env));
} catch (thrown) {
  const error = asAppError(thrown, 'server/failed');
  outlet.trouble(error.toJSON());
  process.exitCode = error instanceof AppError && /^(cli|config|server\/address)/.test(error.code) ? 2 : 1;
}
// Whatever still waits (a decoder in a native call) must not keep the process: everything was closed above.
process.exit();
