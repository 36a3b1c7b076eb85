import { accessSync, constants, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { AppError, printable } from '../app-error.ts';
import { demonstrationStreams, parseRoom, type Room, readRoomFile, replayStream } from './room.ts';

export const helpText = `lumencast: live ultrasound and fluoroscopy in the browser. Not for diagnostic use.

  lumencast [FILE…]              play recordings (DICOM, MetaImage) as live streams;
                                 without a file: two simulated streams
  lumencast inspect FILE…        say what recordings are
  lumencast load ADDRESS         watch a running server with many viewers and report rates, ages and its CPU

  --config FILE   a room: streams, stages, limits (also LUMENCAST_CONFIG)
  --port N        port to listen on, 0 for any free one (also LUMENCAST_PORT; default 8420)
  --host ADDRESS  address to listen on, loopback only (also LUMENCAST_HOST; default 127.0.0.1)
  --once          play recordings once instead of looping
  --json          one line of JSON on standard output: the address and the streams, once all are ready;
                  with inspect: one line of JSON for each file
  --pixels        with inspect: mean and checksum of every decoded frame
  --viewers N, --seconds N, --stream N, --tier NAME
                  with load: how many (default 10), how long (10), which stream (0), in which quality (auto)
  --insecure      with load: accept the certificate that the server made itself
  --help, --version

Exit status: 0 ended as asked, 1 failed (inspect: a file failed), 2 wrong command line or configuration.
`;

export type Command =
  | { readonly run: 'help' | 'version' }
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

/** What the arguments ask for. Throws cli/… and config/… errors. */
export function parseCommandLine(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): Command {
  const { values, positionals } = parse(args);
  if (values.help) return { run: 'help' };
  if (values.version) return { run: 'version' };
  const json = values.json ?? false;
  if (positionals[0] === 'inspect') {
    refuseWithInspect(values);
    const files = positionals.slice(1);
    if (files.length === 0)
      throw new AppError('cli/bad-value', { option: 'inspect', value: 'without a file', allowed: 'one file or more' });
    return { run: 'inspect', files, json, pixels: values.pixels ?? false };
  }
  if (positionals[0] === 'load') return loadCommand(positionals.slice(1), values, json);
  if (values.pixels) throw new AppError('cli/bad-value', { option: '--pixels', value: 'used here', allowed: 'with inspect' });

  const configFile = values.config ?? environment.LUMENCAST_CONFIG;
  const configName = configFile ?? 'command line';
  const fromFile = configFile === undefined ? {} : readRoomFile(configFile);
  const given = isRecord(fromFile) ? { ...fromFile } : fromFile;
  if (!isRecord(given)) return { run: 'serve', room: parseRoom(given, configName), json };
  for (const file of positionals) refuseUnreadable(file);
  const played = positionals.map(replayStream);
  if (values.once) for (const stream of played) Object.assign(stream.options as object, { loop: false });
  if (played.length > 0) given.streams = [...(Array.isArray(given.streams) ? given.streams : []), ...played];
  if (configFile === undefined && played.length === 0) given.streams = demonstrationStreams;
  const port = values.port ?? environment.LUMENCAST_PORT;
  if (port !== undefined) given.port = portNumber(port);
  const host = values.host ?? environment.LUMENCAST_HOST;
  if (host !== undefined) given.host = host;
  return { run: 'serve', room: parseRoom(given, configName), json };
}

const options = {
  config: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  once: { type: 'boolean' },
  json: { type: 'boolean' },
  pixels: { type: 'boolean' },
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

function refuseWithInspect(values: Readonly<Record<string, unknown>>): void {
  for (const option of ['config', 'port', 'host', 'once']) {
    if (values[option] !== undefined)
      throw new AppError('cli/bad-value', { option: `--${option}`, value: 'used with inspect', allowed: '--json, --pixels' });
  }
}

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

function loadCommand(positionals: readonly string[], values: ReturnType<typeof parse>['values'], json: boolean): Command {
  const [address, ...rest] = positionals;
  if (address === undefined || rest.length > 0)
    throw new AppError('cli/bad-value', { option: 'load', value: `with ${positionals.length} addresses`, allowed: 'one address' });
  return {
    run: 'load',
    address,
    viewers: wholeNumber('--viewers', values.viewers ?? '10', 1, 2000),
    seconds: wholeNumber('--seconds', values.seconds ?? '10', 1, 3600),
    stream: wholeNumber('--stream', values.stream ?? '0', 0, 15),
    tier: values.tier ?? 'auto',
    insecure: values.insecure ?? false,
    json,
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
