import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import Type, { type Static, type TObject } from 'typebox';
import { Value } from 'typebox/value';
import { AppError, printable } from '../app-error.ts';
import { schemaFault } from './schema-fault.ts';

const StageSettings = Type.Object(
  {
    stage: Type.String({ maxLength: 64, description: 'name of the stage' }),
    enabled: Type.Boolean({ default: true, description: 'at work from the start' }),
    options: Type.Record(Type.String(), Type.Unknown(), { default: {}, description: "settings that differ from the stage's defaults" }),
  },
  { additionalProperties: false },
);

const StreamConfig = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 80, description: 'name for people; no patient data' }),
    driver: Type.String({ default: 'simulator', maxLength: 64, description: 'name of the driver' }),
    options: Type.Record(Type.String(), Type.Unknown(), { default: {}, description: "settings that differ from the driver's defaults" }),
    deviceDelayMs: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 5000,
      description: 'what the device itself takes from the event to the picture it hands over: lumencast calibrate-latency measures it',
    }),
    preset: Type.Optional(
      Type.String({ maxLength: 64, description: 'name of a preset of the stages that denoise, e.g. ultrasound/soft or fluoro/low-dose' }),
    ),
    stages: Type.Array(StageSettings, {
      default: [],
      maxItems: 32,
      description: 'stages that differ from the preset, or from their defaults',
    }),
  },
  { additionalProperties: false },
);

const Limits = Type.Object(
  {
    notLiveMs: Type.Number({
      default: 400,
      minimum: 50,
      maximum: 10_000,
      description: 'a picture older than this, or than three frame intervals if that is longer, is NOT LIVE',
    }),
    viewers: Type.Integer({ default: 64, minimum: 1, maximum: 10_000, description: 'viewers at the same time' }),
    viewersPerSession: Type.Integer({
      default: 8,
      minimum: 1,
      maximum: 10_000,
      description: 'viewers at the same time by one session of an observer or marker: windows of a browser, dumb monitors',
    }),
    connectionsPerAddress: Type.Integer({
      default: 64,
      minimum: 8,
      maximum: 10_000,
      description: 'connections from one address of which nobody knows yet who they are; one more ends the oldest',
    }),
    requestsPerMinute: Type.Integer({
      default: 1200,
      minimum: 60,
      maximum: 1_000_000,
      description: 'HTTP requests from one address; invitations are tried ten times a minute at most',
    }),
    memoryMiB: Type.Integer({ default: 768, minimum: 16, maximum: 4000, description: 'frame memory of one stream' }),
    slots: Type.Integer({ default: 12, minimum: 8, maximum: 64, description: 'frames that one stream can lend at the same time' }),
    messagesPerSecond: Type.Integer({ default: 2000, minimum: 50, maximum: 100_000, description: 'messages from one viewer' }),
    silentWorkerMs: Type.Integer({
      default: 5000,
      minimum: 2000,
      maximum: 60_000,
      description: 'a stream whose worker has not answered for so long is started again',
    }),
  },
  { additionalProperties: false, default: {} },
);

const OpenIgtlink = Type.Object(
  {
    port: Type.Integer({ default: 18_944, minimum: 0, maximum: 65_535, description: 'port; 0: any free one' }),
    host: Type.String({ default: '127.0.0.1', maxLength: 255, description: 'address to listen on' }),
    openOnNetwork: Type.Boolean({
      default: false,
      description:
        'allows an address beyond loopback: the protocol has neither encryption nor access control, all in that network can watch',
    }),
    headerVersion: Type.Unsafe<1 | 2>(
      Type.Union([Type.Literal(1), Type.Literal(2)], {
        default: 1,
        description: '2 carries metadata, and is not understood by older clients',
      }),
    ),
    clients: Type.Integer({ default: 8, minimum: 1, maximum: 64, description: 'clients at the same time' }),
  },
  { additionalProperties: false, description: 'the processed streams and poses for 3D Slicer and other OpenIGTLink clients; absent: off' },
);

const ArchiveSettings = Type.Object(
  {
    off: Type.Boolean({ default: false, description: 'keeps nothing: neither marks nor stills nor clips' }),
    folder: Type.Optional(
      Type.String({ maxLength: 4096, description: 'where examinations are kept; default: archive in the data folder' }),
    ),
  },
  { additionalProperties: false, default: {} },
);

const PastSettings = Type.Object(
  {
    minutes: Type.Number({ default: 5, minimum: 0, maximum: 120, description: 'how far back the record of each stream reaches; 0: off' }),
    mebibytes: Type.Integer({
      default: 4096,
      minimum: 64,
      maximum: 16_777_216,
      description: 'what the records of all streams take on disk at most, in equal shares',
    }),
    memoryMebibytes: Type.Integer({
      default: 256,
      minimum: 32,
      maximum: 16_384,
      description: 'frames of all streams that wait for the disk at most, in equal shares',
    }),
    folder: Type.Optional(
      Type.String({
        maxLength: 4096,
        description:
          'where they lie, and are removed at every start; default: past in the data folder. A folder in memory spares the disk.',
      }),
    ),
    view: Type.Unsafe<'processed' | 'raw'>(
      Type.Union([Type.Literal('processed'), Type.Literal('raw')], {
        default: 'processed',
        description: 'processed: what was seen; raw: as captured',
      }),
    ),
  },
  { additionalProperties: false, default: {} },
);

/** A room: everything that the server runs on, with all defaults. */
export const RoomSchema = Type.Object(
  {
    room: Type.String({ default: 'Lumencast', maxLength: 80, description: 'name of the room, shown on every monitor' }),
    host: Type.String({
      default: '127.0.0.1',
      maxLength: 255,
      description: 'address to listen on; beyond loopback by TLS and invitation only',
    }),
    port: Type.Integer({ default: 8420, minimum: 0, maximum: 65_535, description: 'port; 0: any free one' }),
    names: Type.Array(Type.String({ maxLength: 255 }), {
      default: [],
      maxItems: 64,
      description: 'names and addresses by which this server is opened, beside those of the machine',
    }),
    tls: Type.Optional(
      Type.Object(
        {
          certificate: Type.String({ maxLength: 4096, description: 'file, PEM, with the chain' }),
          key: Type.String({ maxLength: 4096, description: 'file, PEM' }),
        },
        {
          additionalProperties: false,
          description: 'own certificate, read again when the files change; without it one is made at the first start beyond loopback',
        },
      ),
    ),
    access: Type.Optional(
      Type.Literal('invited', { description: 'invitations on loopback too, where else whoever sits at the machine is an operator' }),
    ),
    dataFolder: Type.Optional(
      Type.String({
        maxLength: 4096,
        description:
          'what outlives the server: certificate, invitations, sessions, layouts of the wall, examinations, the record of the last minutes; default: lumencast in $XDG_STATE_HOME',
      }),
    ),
    streams: Type.Array(StreamConfig, { minItems: 1, maxItems: 16, description: 'the streams of the room, shown in this order' }),
    openigtlink: Type.Optional(OpenIgtlink),
    archive: ArchiveSettings,
    past: PastSettings,
    limits: Limits,
  },
  { additionalProperties: false },
);

export type Room = Static<typeof RoomSchema>;
export type StreamSettings = Static<typeof StreamConfig>;

/** Without a file: an echo and a fluoroscopy with a moving catheter, both simulated. */
export const demonstrationStreams: readonly Record<string, unknown>[] = [
  {
    name: 'Cardiac ultrasound',
    options: { kind: 'ultrasound', width: 1024, height: 768, fps: 30 },
    preset: 'ultrasound/soft',
  },
  {
    name: 'Fluoroscopy',
    options: { kind: 'fluoroscopy', width: 1024, height: 1024, fps: 15, bits: 10, dose: 0.5 },
    preset: 'fluoro/low-dose',
  },
];

/** A recording as a stream: shown as it was recorded, no stage alters it. */
export function replayStream(file: string): Record<string, unknown> {
  return { name: printable(basename(file), 80), driver: 'replay', options: { file } };
}

/** Reads a room from a file. Throws config/… errors that name the file, the key, the value and what is allowed. */
export function readRoomFile(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new AppError('config/unreadable', { file, reason: (thrown as Error).message }, { cause: thrown });
  }
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new AppError('config/not-json', { file, reason: printable((thrown as Error).message) }, { cause: thrown });
  }
}

/** Fills in the defaults and checks. `file` is the name used in errors. */
export function parseRoom(value: unknown, file: string): Room {
  return parseWith(RoomSchema, value, file);
}

/** The same for the options of a driver; `path` says where they stand. */
export function parseWith<Schema extends TObject>(schema: Schema, value: unknown, file: string, path = ''): Static<Schema> {
  const complete = Value.Default(schema, structuredClone(value));
  const fault = schemaFault(schema, complete);
  if (fault === undefined) return complete as Static<Schema>;
  const { kind, allowed } = fault;
  const key = [path, fault.key].filter((part) => part !== '').join('.') || 'the whole';
  throw new AppError(`config/${kind}`, { file, key, value: fault.value, allowed });
}
