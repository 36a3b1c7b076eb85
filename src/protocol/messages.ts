import Type, { type Static } from 'typebox';
import { examinationServerMessages, examinationViewerMessages } from './examination-messages.ts';
import { views, wirePixelFormats } from './frame-header.ts';
import { RegionSchema } from './region.ts';
import { roleNames } from './roles.ts';
import { Asked, Count, ErrorReportSchema, Micros, message, oneOf, Sequence, StreamId, Text } from './schema.ts';
import { codecNames, tierNames, tierReasons } from './tiers.ts';
import { WallSchema } from './wall.ts';

/**
 * Everything that crosses the WebSocket except pixels: one schema per message, `type` tells them apart.
 * docs/protocol.md is generated from the descriptions here.
 */

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

export const PoseSchema = Type.Object(
  {
    tool: Text('name of the tool, as the tracker says it', 64),
    matrix: Type.Optional(
      Type.Array(Type.Number(), {
        minItems: 16,
        maxItems: 16,
        description: "4x4, row by row, from the tool's coordinates to those of the tracker, millimetres; absent: the tool was lost",
      }),
    ),
    ageMs: Type.Number({ description: 'milliseconds between the picture and the measurement next to it' }),
    source: oneOf(
      ['measured', 'interpolated', 'lost'],
      'measured: next to the picture; interpolated: from the measurements before and after it; lost: none was near enough',
    ),
  },
  { additionalProperties: false, description: 'where a tracked tool was when a picture was captured' },
);

export const PresetSchema = Type.Object(
  {
    preset: Text('name of the preset', 64),
    title: Text('what a clinician calls it'),
    description: Text('what it does to the picture'),
  },
  { additionalProperties: false, description: 'settings of several stages under one name' },
);

const RoleSchema = oneOf(roleNames, 'observer: sees; marker: marks too; operator: sets stages and sources, invites and sends out');

export const ViewerSchema = Type.Object(
  {
    viewer: Type.Integer({ description: 'number of the viewer' }),
    name: Text('what it called itself when it came in, or the label of its invitation', 80),
    role: RoleSchema,
    invitation: Type.Optional(Text('the invitation it came in by', 16)),
    sinceUs: Micros('when it connected, server clock'),
    watches: Type.Array(
      Type.Object(
        { stream: StreamId, tier: oneOf(tierNames, 'tier in which it gets the stream now') },
        { additionalProperties: false, description: 'one stream' },
      ),
      { description: 'what it watches' },
    ),
    by: Type.Optional(Type.Literal('mjpeg', { description: 'it is a dumb monitor at live.mjpeg; absent: a WebSocket' })),
    lineBytesPerSecond: Type.Optional(Type.Number({ description: 'what its line bears, as far as it was seen' })),
    roundTripMs: Type.Optional(Type.Number({ description: 'the shortest way there and back that was seen' })),
  },
  { additionalProperties: false, description: 'somebody who is connected' },
);

export const InvitationSchema = Type.Object(
  {
    invitation: Text('short name; what lets in is never told again', 16),
    label: Text('for whom, or for what place; no patient data', 80),
    role: RoleSchema,
    streams: Type.Optional(Type.Array(StreamId, { description: 'streams it is for; absent: all' })),
    once: Type.Boolean({ description: 'lets one browser in' }),
    used: Count('how often it has let somebody in'),
    madeMs: Type.Number({ description: 'Unix milliseconds, wall clock' }),
    untilMs: Type.Number({ description: 'when it and all who came by it are out, Unix milliseconds, wall clock' }),
    state: oneOf(['open', 'used', 'revoked', 'expired'], 'open: lets in; used: lets nobody in any more, who came by it stays'),
  },
  { additionalProperties: false, description: 'an invitation' },
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
    deviceDelayMs: Type.Optional(
      Type.Number({ description: "the device's own delay, as it was measured: capture times are that much earlier; absent: not known" }),
    ),
    tools: Type.Optional(Type.Array(Text('name', 64), { description: 'tools that are tracked with the pictures' })),
    stages: Type.Array(StageStateSchema, { description: 'in the order in which they are applied' }),
    presets: Type.Array(PresetSchema, { description: 'all presets that may be chosen' }),
    preset: Type.Optional(Text('name of the preset whose settings are in force; absent: somebody has set a stage otherwise', 64)),
    status: SourceStateSchema,
  },
  { additionalProperties: false, description: 'everything about a stream but its pixels' },
);

export const DeviceSchema = Type.Object(
  {
    driver: Text('name of the driver', 64),
    name: Text('maker and product'),
    identity: Text('the same for the same device wherever it is plugged in'),
    place: Type.Optional(Text('where it is attached')),
    formats: Type.Array(Text('one of them'), { description: 'what it can deliver' }),
    attached: Type.Boolean({ description: 'false: it was unplugged, and a stream waits for it' }),
    refusal: Type.Optional(ErrorReportSchema),
    stream: Type.Optional(StreamId),
  },
  { additionalProperties: false, description: 'a device, why it cannot be opened, and the stream that is set to it' },
);

export const serverMessages = {
  hello: message('hello', 'First message on every connection.', {
    protocol: Type.Integer({ description: 'version of the protocol' }),
    server: Text('name and version'),
    room: Text('name of the room'),
    viewer: Type.Integer({ description: 'number of this viewer' }),
    role: RoleSchema,
    invited: Type.Boolean({ description: 'false: the door is open, this is the machine itself' }),
    clockUs: Micros('server clock, Unix microseconds'),
    streams: Type.Array(StreamSchema, { description: 'all streams that this viewer may see' }),
  }),
  stream: message('stream', 'A stream changed: format, calibration, stages or settings. Comes before the first frame of its epoch.', {
    stream: StreamSchema,
  }),
  state: message('state', 'The source of a stream changed its state.', { stream: StreamId, source: SourceStateSchema }),
  devices: message('devices', 'What is attached: after hello, and when something is plugged in or pulled out.', {
    devices: Type.Array(DeviceSchema, { description: 'all devices' }),
    troubles: Type.Array(
      Type.Object(
        { driver: Text('name of the driver', 64), error: ErrorReportSchema },
        { additionalProperties: false, description: 'a driver that could not say' },
      ),
      { description: 'drivers whose devices are not known' },
    ),
  }),
  pace: message(
    'pace',
    'How often frames are to be acknowledged from now on; before the first such message, each at once. Comes where the line bears many times what it carries, and again as soon as it does not.',
    {
      withinMs: Type.Integer({
        minimum: 0,
        description: 'the longest that an acknowledgement may wait for the next one, which covers it; 0: it may not',
      }),
    },
  ),
  pong: message('pong', 'Answer to ping.', {
    sentUs: Micros('copied from the ping'),
    clockUs: Micros('server clock when the ping was handled, Unix microseconds'),
  }),
  poses: message('poses', 'Where the tracked tools were when a frame was captured. Comes before the frame, to who gets it.', {
    stream: StreamId,
    sequence: Sequence,
    poses: Type.Array(PoseSchema, { description: 'every tool that was seen since the source was opened' }),
  }),
  stats: message('stats', 'Once a second, for every stream that is watched.', {
    stream: StreamId,
    captured: Count('frames captured since the server started; stops and restarts of the source do not set it back'),
    fps: Type.Number({ description: 'frames per second captured, over the last second' }),
    lost: Type.Record(Type.String(), Count('frames or inputs'), {
      description: 'losses since the server started, by the name of the place (listed above)',
    }),
    processingMs: Type.Number({ description: 'capture to encoded, mean of the last second' }),
    sent: Count('frames sent to this viewer, of all views of the stream'),
    skipped: Count('frames that this viewer was not sent because a newer one had come'),
    viewers: Count('viewers of this stream, this one too'),
    clockResidualMs: Type.Optional(
      Type.Number({ description: "jitter taken off the times of the device's own clock, worst of the last second; absent: it has none" }),
    ),
    clockDriftPpm: Type.Optional(
      Type.Number({ description: "how much too slow the device's clock runs, parts per million, after a minute" }),
    ),
    tier: oneOf(tierNames, 'tier in which this viewer gets the stream now'),
    tierReason: Type.Optional(
      oneOf(
        tierReasons,
        'asked: this one was asked for; beginning: not changed yet; bears: the line bears it; thin: the line bears no more; failing: the encoder of a better one fails',
      ),
    ),
    tierBytesPerSecond: Type.Optional(Type.Number({ description: 'what that tier needs now' })),
    lineBytesPerSecond: Type.Optional(Type.Number({ description: "what this viewer's line bears, as far as it was seen" })),
  }),
  'stage-set': message('stage-set', 'Answer to set-stage and set-preset: the settings are in force from the epoch named.', {
    request: Type.Integer({ description: 'copied from the request' }),
    stream: StreamId,
    epoch: Type.Integer({ description: 'first epoch with the new settings' }),
  }),
  viewers: message('viewers', 'To operators, once a second and when somebody comes or goes: who is connected.', {
    viewers: Type.Array(ViewerSchema, { description: 'this viewer too' }),
  }),
  invitations: message('invitations', 'To operators, at the start and after every change.', {
    invitations: Type.Array(InvitationSchema, { description: 'newest first; ended ones stay for a week' }),
  }),
  invited: message('invited', 'Answer to invite.', {
    request: Type.Integer({ description: 'copied from the request' }),
    invitation: Text('short name of the invitation', 16),
    link: Text('to be given to whom it is for: it is shown this once'),
  }),
  walls: message('walls', 'The layouts that the room keeps: after hello and at every change.', {
    walls: Type.Array(WallSchema, { description: 'by name' }),
  }),
  ...examinationServerMessages,
  done: message('done', 'Answer to revoke and send-out, and to everything else that has no answer of its own.', {
    request: Type.Integer({ description: 'copied from the request' }),
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
        'raw (default): pixels as they are; exact: the same, packed without loss; video: H.264; video-thin: H.264 for a weak line; still and thin: both as JPEG; auto: the best of these that the line bears',
      ),
    ),
    first: Type.Optional(oneOf(tierNames, 'with auto: the tier to begin with, e.g. a light one after the line had got stuck')),
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
    'The frame was drawn, or dropped by the viewer. It covers all frames of the view sent before. Two frames per view may be under way, of video four, more where the way is long or `pace` allows it; the next is sent when one of them is acknowledged.',
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
  key: message(
    'key',
    'The viewer cannot decode what it got: no frame is sent any more before a key frame. At most two a second are made.',
    {
      stream: StreamId,
      view: oneOf(views, 'view of the frames'),
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
  'set-device': message('set-device', 'Puts an attached device on a stream, for everybody; the stream starts.', {
    request: Type.Integer({ minimum: 0, description: 'number chosen by the viewer' }),
    stream: StreamId,
    driver: Text('driver of the device', 64),
    identity: Text('identity of the device'),
  }),
  'set-source': message('set-source', 'Stops or starts the source of a stream.', {
    request: Type.Integer({ minimum: 0, description: 'number chosen by the viewer' }),
    stream: StreamId,
    running: Type.Boolean({ description: 'false: stop; true: start, at once where it waits for a new attempt' }),
  }),
  invite: message('invite', 'Makes an invitation. For operators, to streams that they may see themselves.', {
    request: Type.Integer({ minimum: 0, description: 'number chosen by the viewer' }),
    label: Type.String({ minLength: 1, maxLength: 80, description: 'for whom, or for what place; no patient data' }),
    role: RoleSchema,
    streams: Type.Optional(Type.Array(StreamId, { minItems: 1, maxItems: 64, uniqueItems: true, description: 'absent: all' })),
    minutes: Type.Integer({ minimum: 1, maximum: 525_600, description: 'from now until it and all who came by it are out' }),
    once: Type.Boolean({ description: 'lets one browser in' }),
  }),
  revoke: message('revoke', 'Ends an invitation; whoever came by it is out at once, and so are those whom they invited. For operators.', {
    request: Type.Integer({ minimum: 0, description: 'number chosen by the viewer' }),
    invitation: Text('short name of the invitation', 16),
  }),
  'send-out': message('send-out', 'Ends the session of a viewer. Its invitation stays unless it is revoked. For operators.', {
    request: Type.Integer({ minimum: 0, description: 'number chosen by the viewer' }),
    viewer: Type.Integer({ minimum: 0, description: 'number of the viewer' }),
  }),
  'save-wall': message('save-wall', 'Keeps a layout for the room, in the place of the one of its name. For operators.', {
    request: Asked,
    wall: WallSchema,
  }),
  'discard-wall': message('discard-wall', 'Forgets a layout. For operators.', { request: Asked, name: Text('of the layout', 40) }),
  ...examinationViewerMessages,
} as const;

export type ServerMessage = { [Name in keyof typeof serverMessages]: Static<(typeof serverMessages)[Name]> }[keyof typeof serverMessages];
export type ViewerMessage = { [Name in keyof typeof viewerMessages]: Static<(typeof viewerMessages)[Name]> }[keyof typeof viewerMessages];
export type StreamDescription = Static<typeof StreamSchema>;
export type SourceStatus = Static<typeof SourceStateSchema>;
export type Device = Static<typeof DeviceSchema>;
export type StageState = Static<typeof StageStateSchema>;
export type WireFormat = Static<typeof FormatSchema>;
export type ConnectedViewer = Static<typeof ViewerSchema>;
export type Invitation = Static<typeof InvitationSchema>;
