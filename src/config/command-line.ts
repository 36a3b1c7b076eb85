import { accessSync, constants, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { AppError, printable } from '../app-error.ts';
import { demonstrationStreams, parseRoom, type Room, readRoomFile, replayStream } from './room.ts';

export const helpText = `lumencast: live ultrasound and fluoroscopy in the browser. Not for diagnostic use.

  lumencast [FILE…]              play recordings (DICOM, MetaImage) as live streams;
                                 without a file: two simulated streams
  lumencast inspect FILE…        say what recordings are
  lumencast devices              list what is attached: what it delivers, who may open it and why not
  lumencast devices --udev [FILE]
                                 write the udev rules that let this user open devices; - for standard output
  lumencast calibrate-latency --config FILE
                                 measure a device's own delay: it looks at a page that turns white and black
  lumencast load ADDRESS         watch a running server with many viewers and report rates, ages and its CPU

  --config FILE   a room: streams, stages, limits (also LUMENCAST_CONFIG)
  --port N        port to listen on, 0 for any free one (also LUMENCAST_PORT; default 8420)
  --host ADDRESS  address to listen on (also LUMENCAST_HOST; default 127.0.0.1); beyond this machine, e.g. 0.0.0.0,
                  by TLS and invitation only: the way in for the operator is printed
  --data FOLDER   certificate, invitations, sessions, examinations, layouts of the wall, the record of the last minutes
                  (also LUMENCAST_DATA; default: lumencast in $XDG_STATE_HOME)
  --no-archive    keep nothing: neither marks nor stills nor clips
  --no-past       record nothing of the last minutes (past.minutes of the room file)
  --once          play recordings once instead of looping
  --json          one line of JSON on standard output: the address and the streams, once all are ready; with TLS the
                  fingerprint and the operator's invitation too;
                  with inspect and devices: one line of JSON for each file or device; with load and calibrate-latency: the result as one
  --pixels        with inspect: mean and checksum of every decoded frame
  --viewers N, --seconds N, --stream N, --tier NAME
                  with load: how many (default 10), how long (10), which stream (0), in which quality (auto)
  --steps N, --stream N, --write
                  with calibrate-latency: how many steps (default 20), which stream (0), put the result into FILE
  --insecure      with load: accept the certificate that the server made itself
  --help, --version

Exit status: 0 ended as asked, 1 failed (inspect: a file, devices: a driver failed), 2 wrong command line or configuration.
`;

export type Command =
  | { readonly run: 'help' | 'version' }
  /** The room names network sources. */
  | { readonly run: 'devices'; readonly room: Room | undefined; readonly json: boolean }
  | {
      readonly run: 'calibrate-latency';
      readonly room: Room;
      readonly configFile: string;
      readonly stream: number;
      readonly steps: number;
      readonly port: number;
      readonly write: boolean;
      readonly json: boolean;
    }
  | { readonly run: 'udev'; readonly file: string | undefined }
  | { readonly run: 'inspect'; readonly files: readonly string[]; readonly json: boolean; readonly pixels: boolean }
  | {
      readonly run: 'load';
      readonly address: string;
      readonly viewers: number;
      readonly seconds: number;
      readonly stream: number;
      readonly tier: string;
      readonly insecure: boolean;
      readonly json: boolean;
    }
  | { readonly run: 'serve'; readonly room: Room; readonly json: boolean };

type Environment = Readonly<Record<string, string | undefined>>;

/** What the arguments ask for. Throws cli/… and config/… errors. */
export function parseCommandLine(args: readonly string[], environment: Environment): Command {
  const { values, positionals } = parse(args);
  if (values.help) return { run: 'help' };
  if (values.version) return { run: 'version' };
  const [first = '', ...rest] = positionals;
  const named = first === 'devices' && values.udev ? 'devices --udev' : first;
  const command = Object.hasOwn(optionsOf, named) ? (named as CommandName) : 'serve';
  refuseOthers(command, values);
  return parsers[command](command === 'serve' ? positionals : rest, values, environment);
}

type Values = ReturnType<typeof parse>['values'];
type CommandName = keyof typeof optionsOf;

/** What each command reads; everything else is refused. `serve` is what runs without the name of a command. */
const optionsOf = {
  serve: ['config', 'port', 'host', 'data', 'no-archive', 'no-past', 'once', 'json'],
  inspect: ['json', 'pixels'],
  devices: ['config', 'json'],
  'devices --udev': ['udev'],
  'calibrate-latency': ['config', 'stream', 'steps', 'port', 'write', 'json'],
  load: ['viewers', 'seconds', 'stream', 'tier', 'insecure', 'json'],
} as const satisfies Readonly<Record<string, readonly (keyof typeof options)[]>>;

const parsers: Readonly<Record<CommandName, (files: readonly string[], values: Values, environment: Environment) => Command>> = {
  serve: serveCommand,
  inspect: inspectCommand,
  devices: devicesCommand,
  'devices --udev': udevCommand,
  'calibrate-latency': calibrateCommand,
  load: loadCommand,
};

function refuseOthers(command: CommandName, values: Values): void {
  const read: readonly string[] = optionsOf[command];
  const given = Object.keys(values).find((option) => !read.includes(option));
  if (given === undefined) return;
  const readers = Object.entries<readonly string[]>(optionsOf).flatMap(([name, own]) => (own.includes(given) ? [placeOf(name)] : []));
  throw new AppError('cli/bad-value', { option: `--${given}`, value: `used ${placeOf(command)}`, allowed: readers.join(', ') });
}

const placeOf = (command: string): string => (command === 'serve' ? 'without a command' : `with ${command}`);

function inspectCommand(files: readonly string[], values: Values): Command {
  if (files.length === 0) throw new AppError('cli/bad-value', { option: 'inspect', value: 'without a file', allowed: 'one file or more' });
  return { run: 'inspect', files, json: values.json ?? false, pixels: values.pixels ?? false };
}

function serveCommand(files: readonly string[], values: Values, environment: Environment): Command {
  const json = values.json ?? false;
  const configFile = values.config ?? environment.LUMENCAST_CONFIG;
  const configName = configFile ?? 'command line';
  const fromFile = configFile === undefined ? {} : readRoomFile(configFile);
  const given = isRecord(fromFile) ? { ...fromFile } : fromFile;
  if (!isRecord(given)) return { run: 'serve', room: parseRoom(given, configName), json };
  for (const file of files) refuseUnreadable(file);
  const played = files.map(replayStream);
  if (values.once) for (const stream of played) Object.assign(stream.options as object, { loop: false });
  if (played.length > 0) given.streams = [...(Array.isArray(given.streams) ? given.streams : []), ...played];
  if (configFile === undefined && played.length === 0) given.streams = demonstrationStreams;
  const port = values.port ?? environment.LUMENCAST_PORT;
  if (port !== undefined) given.port = portNumber(port);
  const host = values.host ?? environment.LUMENCAST_HOST;
  if (host !== undefined) given.host = host;
  const dataFolder = values.data ?? environment.LUMENCAST_DATA;
  if (dataFolder !== undefined) given.dataFolder = dataFolder;
  if (values['no-archive']) given.archive = { ...(isRecord(given.archive) && given.archive), off: true };
  if (values['no-past']) given.past = { ...(isRecord(given.past) && given.past), minutes: 0 };
  return { run: 'serve', room: parseRoom(given, configName), json };
}

const options = {
  config: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  data: { type: 'string' },
  'no-archive': { type: 'boolean' },
  'no-past': { type: 'boolean' },
  once: { type: 'boolean' },
  json: { type: 'boolean' },
  pixels: { type: 'boolean' },
  udev: { type: 'boolean' },
  steps: { type: 'string' },
  write: { type: 'boolean' },
  viewers: { type: 'string' },
  seconds: { type: 'string' },
  stream: { type: 'string' },
  tier: { type: 'string' },
  insecure: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (thrown) {
    const option = /'([^']*)'/.exec((thrown as Error).message)?.[1] ?? args.join(' ');
    throw new AppError('cli/unknown-option', { option }, { cause: thrown });
  }
}

function calibrateCommand(files: readonly string[], values: Values, environment: Environment): Command {
  const configFile = values.config ?? environment.LUMENCAST_CONFIG;
  if (configFile === undefined || files.length > 0)
    throw new AppError('cli/bad-value', { option: 'calibrate-latency', value: 'used so', allowed: 'with --config FILE alone' });
  const room = parseRoom(readRoomFile(configFile), configFile);
  return {
    run: 'calibrate-latency',
    room,
    configFile,
    stream: wholeNumber('--stream', values.stream ?? '0', 0, room.streams.length - 1),
    steps: wholeNumber('--steps', values.steps ?? '20', 4, 200),
    port: portNumber(values.port ?? '0'),
    write: values.write ?? false,
    json: values.json ?? false,
  };
}

function devicesCommand(files: readonly string[], values: Values, environment: Environment): Command {
  if (files.length > 0) throw oneFileForRules(files);
  const configFile = values.config ?? environment.LUMENCAST_CONFIG;
  const room = configFile === undefined ? undefined : parseRoom(readRoomFile(configFile), configFile);
  return { run: 'devices', room, json: values.json ?? false };
}

function udevCommand(files: readonly string[]): Command {
  const [file, ...rest] = files;
  if (rest.length > 0) throw oneFileForRules(files);
  return { run: 'udev', file };
}

const oneFileForRules = (files: readonly string[]): AppError =>
  new AppError('cli/bad-value', { option: 'devices', value: `used with ${files.join(' ')}`, allowed: '--udev and one file' });

/** A mistyped name would start a server that tries for ever; what is wrong inside a file its stream tells. */
function refuseUnreadable(file: string): void {
  let reason = 'it is not a file';
  try {
    accessSync(file, constants.R_OK);
    if (!statSync(file).isDirectory()) return;
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code ?? 'unknown';
    reason = { ENOENT: 'there is no such file', EACCES: 'not permitted' }[code] ?? code;
  }
  throw new AppError('config/unreadable', { file: printable(file), reason });
}

function loadCommand(addresses: readonly string[], values: Values): Command {
  const [address, ...rest] = addresses;
  if (address === undefined || rest.length > 0)
    throw new AppError('cli/bad-value', { option: 'load', value: `with ${addresses.length} addresses`, allowed: 'one address' });
  return {
    run: 'load',
    address,
    viewers: wholeNumber('--viewers', values.viewers ?? '10', 1, 2000),
    seconds: wholeNumber('--seconds', values.seconds ?? '10', 1, 3600),
    stream: wholeNumber('--stream', values.stream ?? '0', 0, 15),
    tier: values.tier ?? 'auto',
    insecure: values.insecure ?? false,
    json: values.json ?? false,
  };
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  throw new AppError('cli/bad-value', { option, value: text, allowed: `a whole number from ${least} to ${most}` });
}

function portNumber(text: string): number {
  return wholeNumber('--port', text, 0, 65_535);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
