import Type, { type Static, type TSchema } from 'typebox';
import { regionKinds, unitNames } from '../frame/calibration.ts';
import { views, wirePixelFormats } from './frame-header.ts';
import { codecNames, tierNames } from './tiers.ts';

/**
 * Everything that crosses the WebSocket except pixels: one schema per message, `type` tells them apart.
 * docs/protocol.md is generated from the descriptions here.
 */

const oneOf = <const Names extends readonly string[]>(names: Names, description: string) =>
  Type.Union(
    names.map((name) => Type.Literal(name)),
    { description },
  ) as unknown as import('typebox').TUnsafe<Names[number]>;

const message = <const Name extends string, Properties extends Record<string, TSchema>>(
  type: Name,
  description: string,
  properties: Properties,
) => Type.Object({ type: Type.Literal(type), ...properties }, { additionalProperties: false, description });

const StreamId = Type.Integer({ minimum: 0, maximum: 0xffffffff, description: 'number of the stream, as in the frame header' });
const Sequence = Type.Integer({ minimum: 0, maximum: 0xffffffff, description: 'sequence number of a frame, as in the frame header' });
const Micros = (description: string) => Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Text = (description: string, maxLength = 500) => Type.String({ maxLength, description });

export const ErrorReportSchema = Type.Object(
  { code: Text('code of docs/errors.md'), message: Text('what happened'), remedy: Text('what to do') },
  { additionalProperties: false, description: 'an error that a user can act on' },
);

export const RegionSchema = Type.Object(
  {
    kind: oneOf(regionKinds, 'data type of DICOM PS3.3 C.8.5.5.1.2'),
    x0: Type.Integer({ description: 'left edge, pixel inside' }),
    y0: Type.Integer({ description: 'upper edge, pixel inside' }),
    x1: Type.Integer({ description: 'right edge, pixel inside' }),
    y1: Type.Integer({ description: 'lower edge, pixel inside' }),
    unitX: oneOf(unitNames, 'unit along x'),
    unitY: oneOf(unitNames, 'unit along y'),
    deltaX: Type.Number({ description: 'units per pixel along x, signed, exactly as the source gave it' }),
    deltaY: Type.Number({ description: 'units per pixel along y, signed, exactly as the source gave it' }),
    referenceX: Type.Optional(Type.Number({ description: 'reference pixel, relative to x0' })),
    referenceY: Type.Optional(Type.Number({ description: 'reference pixel, relative to y0' })),
    referenceValueX: Type.Optional(Type.Number({ description: 'value at the reference pixel along x' })),
    referenceValueY: Type.Optional(Type.Number({ description: 'value at the reference pixel along y' })),
  },
  { additionalProperties: false, description: 'a calibrated rectangle of the picture' },
);

export const FormatSchema = Type.Object(
  {
    width: Type.Integer({ description: 'pixels' }),
    height: Type.Integer({ description: 'pixels' }),
    pixelFormat: oneOf(wirePixelFormats, 'V4L2 name: GREY 8 bits, Y16 16 bits little-endian, RGB24 three bytes'),
    window: Type.Optional(
      Type.Object(
        { centre: Type.Number({ description: 'stored value' }), width: Type.Number({ description: 'stored values, at least 1' }) },
        { additionalProperties: false, description: "the source's grey window, DICOM PS3.3 C.11.2.1.2.1; always present with Y16" },
      ),
    ),
  },
  { additionalProperties: false, description: 'what the pixels of one view are' },
);

export const StageStateSchema = Type.Object(
  {
    stage: Text('name of the stage'),
    title: Text('what a clinician calls it'),
    enabled: Type.Boolean({ description: 'asked for' }),
    applied: Type.Boolean({ description: 'at work: false too where the stage has nothing to do, e.g. a grey filter on colour' }),
    options: Type.Record(Type.String(), Type.Unknown(), { description: 'settings in force' }),
    schema: Type.Unknown({ description: 'JSON schema of the settings: type, range, default and description of each' }),
  },
  { additionalProperties: false, description: 'a stage of the stream and its settings' },
);

export const PresetSchema = Type.Object(
  {
    preset: Text('name of the preset', 64),
    title: Text('what a clinician calls it'),
    description: Text('what it does to the picture'),
  },
  { additionalProperties: false, description: 'settings of several stages under one name' },
);

/** States of a source. Whether a picture is LIVE is decided by the viewer's own clock. */
export const sourceStates = ['closed', 'opening', 'streaming', 'held', 'faulted', 'lost', 'stopped'] as const;
export type SourceState = (typeof sourceStates)[number];

export const SourceStateSchema = Type.Object(
  {
    state: oneOf(
      sourceStates,
      'closed: not yet started; opening; streaming: frames are due; held: the source says that none are due; faulted: broken, a new attempt follows; lost: the device is not attached, the stream goes on when it is back; stopped: by an operator',
    ),
    sinceUs: Micros('server clock, Unix microseconds'),
    reason: Type.Optional(Text('why it is held')),
    error: Type.Optional(ErrorReportSchema),
    waitsFor: Type.Optional(Text('lost: name of the device')),
    attempts: Count('starts that failed since the last frame'),
    retryInMs: Type.Optional(Type.Number({ description: 'faulted: time until the next attempt' })),
  },
  { additionalProperties: false, description: 'what the source is doing' },
);

export const StreamSchema = Type.Object(
  {
    id: StreamId,
    name: Text('name for people'),
    modality: oneOf(['ultrasound', 'x-ray', 'other'], 'kind of picture'),
    source: Text('what the source says of itself'),
    synthetic: Type.Boolean({ description: 'made by a simulator' }),
    warnings: Type.Array(Text('sentence'), { description: 'odd things the source told' }),
    epoch: Type.Integer({ minimum: 0, maximum: 0xffff, description: 'number that frames carry while this description holds' }),
    formats: Type.Optional(
      Type.Object(
        { processed: FormatSchema, raw: FormatSchema },
        { additionalProperties: false, description: 'absent until the source has told its format' },
      ),
    ),
    regions: Type.Array(RegionSchema, {
      description: 'calibration, the same for both views; empty: not calibrated, measure in pixels only',
    }),
    frameIntervalMs: Type.Optional(Type.Number({ description: 'longest interval that the source regards as normal' })),
    notLiveMs: Type.Number({ description: 'a picture older than this is NOT LIVE' }),
    stages: Type.Array(StageStateSchema, { description: 'in the order in which they are applied' }),
    presets: Type.Array(PresetSchema, { description: 'all presets that may be chosen' }),
    preset: Type.Optional(Text('name of the preset whose settings are in force; absent: somebody has set a stage otherwise', 64)),
    status: SourceStateSchema,
  },
  { additionalProperties: false, description: 'everything about a stream but its pixels' },
);

export const serverMessages = {
  hello: message('hello', 'First message on every connection.', {
    protocol: Type.Integer({ description: 'version of the protocol' }),
    server: Text('name and version'),
    room: Text('name of the room'),
    viewer: Type.Integer({ description: 'number of this viewer' }),
    clockUs: Micros('server clock, Unix microseconds'),
    streams: Type.Array(StreamSchema, { description: 'all streams' }),
  }),
  stream: message('stream', 'A stream changed: format, calibration, stages or settings. Comes before the first frame of its epoch.', {
    stream: StreamSchema,
  }),
  state: message('state', 'The source of a stream changed its state.', { stream: StreamId, source: SourceStateSchema }),
  pong: message('pong', 'Answer to ping.', {
    sentUs: Micros('copied from the ping'),
    clockUs: Micros('server clock when the ping was handled, Unix microseconds'),
  }),
  stats: message('stats', 'Once a second, for every stream that is watched.', {
    stream: StreamId,
    captured: Count('frames captured since the server started; stops and restarts of the source do not set it back'),
    fps: Type.Number({ description: 'frames per second captured, over the last second' }),
    lost: Type.Record(Type.String(), Count('frames or inputs'), {
      description: 'losses since the server started, by the name of the place (table below)',
    }),
    processingMs: Type.Number({ description: 'capture to encoded, mean of the last second' }),
    sent: Count('frames sent to this viewer, of all views of the stream'),
    skipped: Count('frames that this viewer was not sent because a newer one had come'),
    viewers: Count('viewers of this stream, this one too'),
    tier: oneOf(tierNames, 'tier in which this viewer gets the stream now'),
    lineBytesPerSecond: Type.Optional(Type.Number({ description: "what this viewer's line bears, as far as it was seen" })),
  }),
  'stage-set': message('stage-set', 'Answer to set-stage and set-preset: the settings are in force from the epoch named.', {
    request: Type.Integer({ description: 'copied from the request' }),
    stream: StreamId,
    epoch: Type.Integer({ description: 'first epoch with the new settings' }),
  }),
  error: message('error', 'Something this viewer asked for was refused. Fatal ones are followed by a close.', {
    request: Type.Optional(Type.Integer({ description: 'copied from the request' })),
    error: ErrorReportSchema,
  }),
} as const;

export const viewerMessages = {
  watch: message('watch', 'Sends frames of a stream from now on; replaces an earlier watch of the same stream.', {
    stream: StreamId,
    views: Type.Array(oneOf(views, 'processed: after the stages; raw: as captured'), {
      minItems: 1,
      maxItems: 2,
      uniqueItems: true,
      description: 'pictures wanted',
    }),
    delivery: Type.Optional(
      oneOf(
        ['newest', 'every'],
        'newest (default): a viewer that is late skips to the newest frame; every: frames queue for this viewer up to a small bound, and what does not fit is counted as skipped',
      ),
    ),
    tier: Type.Optional(
      oneOf(
        ['auto', ...tierNames],
        'raw (default): pixels as they are; exact: the same, packed without loss; still: JPEG; thin: JPEG for a weak line; auto: the best of these that the line bears',
      ),
    ),
    codecs: Type.Optional(
      Type.Array(oneOf(codecNames, 'name of a codec, as in the table above'), {
        maxItems: 16,
        uniqueItems: true,
        description: 'what the viewer decodes beside raw; without them every tier is raw',
      }),
    ),
  }),
  unwatch: message('unwatch', 'Sends no more frames of a stream.', { stream: StreamId }),
  ack: message(
    'ack',
    'The frame was drawn, or dropped by the viewer. Two frames per view may be under way, more where the way is long; the next is sent when one of them is acknowledged.',
    {
      stream: StreamId,
      view: oneOf(views, 'view of the frame'),
      sequence: Sequence,
      receivedUs: Type.Optional(
        Micros("when it had arrived whole, by the viewer's estimate of the server clock: tells what the line bears"),
      ),
      drawnUs: Type.Optional(Micros("when it was on the canvas, by the viewer's estimate of the server clock")),
    },
  ),
  ping: message('ping', 'Asks for the clock.', { sentUs: Micros("viewer's own clock, any origin") }),
  'set-stage': message('set-stage', 'Changes a stage for everybody who watches the stream.', {
    request: Type.Integer({ minimum: 0, description: 'number chosen by the viewer' }),
    stream: StreamId,
    stage: Text('name of the stage', 64),
    enabled: Type.Optional(Type.Boolean({ description: 'on or off; absent: as it is' })),
    options: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { description: 'settings to change; the others stay' }),
    ),
  }),
  'set-preset': message('set-preset', 'Puts the settings of a preset in force, for everybody who watches the stream.', {
    request: Type.Integer({ minimum: 0, description: 'number chosen by the viewer' }),
    stream: StreamId,
    preset: Text('name of the preset', 64),
  }),
  'set-source': message('set-source', 'Stops or starts the source of a stream.', {
    request: Type.Integer({ minimum: 0, description: 'number chosen by the viewer' }),
    stream: StreamId,
    running: Type.Boolean({ description: 'false: stop; true: start, at once where it waits for a new attempt' }),
  }),
} as const;

export type ServerMessage = { [Name in keyof typeof serverMessages]: Static<(typeof serverMessages)[Name]> }[keyof typeof serverMessages];
export type ViewerMessage = { [Name in keyof typeof viewerMessages]: Static<(typeof viewerMessages)[Name]> }[keyof typeof viewerMessages];
export type StreamDescription = Static<typeof StreamSchema>;
export type SourceStatus = Static<typeof SourceStateSchema>;
export type StageState = Static<typeof StageStateSchema>;
export type WireFormat = Static<typeof FormatSchema>;
