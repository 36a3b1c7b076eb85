import { readFileSync } from 'node:fs';
import { usualDataFolder } from './access/data-folder.ts';
import { AppError, asAppError } from './app-error.ts';
import { openOpenIgtlinkServer } from './broadcast/openigtlink-server.ts';
import { openServer, type Server } from './broadcast/server.ts';
import { calibrateLatency } from './calibrate/calibrate.ts';
import { closeInTurn } from './close-in-turn.ts';
import { type Command, helpText, parseCommandLine } from './config/command-line.ts';
import { anchorClock, monotonicNs, unixUs } from './device/clock.ts';
import { DeviceDesk } from './discovery/device-desk.ts';
import { listDevices, type Outlet, writeUdevRules } from './discovery/devices-command.ts';
import { Discovery } from './discovery/discovery.ts';
import { openStores } from './examination/stores.ts';
import { inspectFiles } from './inspect/inspect.ts';
import { loadCommand } from './load/load.ts';
import { openLog } from './log.ts';
import { boundMemory } from './memory.ts';
import { settled } from './stream/settled.ts';
import { Stream } from './stream/stream.ts';

/** What the lines wait for in turn when they are closed, each in its own bounds. */
const linesPatienceMs = 15_000;

/** device → session → frames → stages → encoder (a worker per stream) → stream → server → viewers, and the stores. */
async function serve({ room, json }: Extract<Command, { run: 'serve' }>): Promise<void> {
  await boundMemory();
  const log = openLog();
  const clock = anchorClock();
  const streams = room.streams.map((settings, id) => new Stream(id, settings, room.limits, clock, log));
  const discovery = new Discovery({ configured: room.streams });
  const devices = new DeviceDesk(discovery, streams);
  const dataFolder = room.dataFolder ?? usualDataFolder(process.env);
  const stores = await openStores(room, dataFolder, streams, () => unixUs(clock, monotonicNs()), log);
  const server = await openServer(room, streams, clock, version, log, devices, stores);
  const openigtlink = room.openigtlink && (await openOpenIgtlinkServer(room.openigtlink, streams, clock, log));
  for (const stream of streams) stream.start();
  discovery.watch();
  process.send?.({ port: Number(new URL(server.address).port) });
  const ended = untilEnded();

  const summaries = await Promise.race([settled(streams), ended]);
  const { address, fingerprint, invitation } = server;
  if (json)
    process.stdout.write(
      `${JSON.stringify({ address, fingerprint, invitation, openigtlinkPort: openigtlink?.port, streams: summaries })}\n`,
    );
  else process.stdout.write(startText(room.room, server));

  await ended;
  devices.close();
  discovery.close();
  const lines = { what: 'a line', close: () => Promise.all([server.close(), openigtlink?.close()]) };
  await closeInTurn([lines], log, linesPatienceMs);
  await Promise.all([stores.close(), ...streams.map((stream) => stream.close())]);
}

function startText(room: string, { address, fingerprint, invitation }: Server): string {
  const lines = [
    `${room}: open ${invitation ?? address}`,
    ...(invitation === undefined ? [] : ['The link makes its first user the operator; it holds for an hour and once.']),
    ...(fingerprint === undefined ? [] : [`The browser shows this certificate, SHA-256: ${fingerprint}`]),
    'Not for diagnostic use. Ctrl+C ends it.',
  ];
  return `\n${lines.map((line) => `  ${line}\n`).join('')}\n`;
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
    case 'calibrate-latency':
      await calibrateLatency(command, openLog(), outlet.line);
      return 0;
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
  process.exitCode = error instanceof AppError && /^(cli|config)|address-refused/.test(error.code) ? 2 : 1;
}
// Whatever still waits (a decoder in a native call) must not keep the process: everything was closed above.
process.exit();
