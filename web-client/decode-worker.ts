import { AppError, asAppError } from '../src/app-error.ts';
import { type Codecs, codecNumber } from '../src/codec/codecs.ts';
import { raw } from '../src/codec/raw.ts';
import { Acknowledger } from '../src/protocol/acknowledger.ts';
import type { ServerMessage, StageState, StreamDescription } from '../src/protocol/messages.ts';
import { ServerClock } from '../src/protocol/server-clock.ts';
import { type CodecName, codecNames } from '../src/protocol/tiers.ts';
import crc32Url from '../wasm/build/crc32.wasm?url';
import { Crc32 } from '../wasm/crc32.ts';
import { openBrowserCodecs } from './browser-codecs.ts';
import { InStep } from './in-step.ts';
import { Painter } from './painter.ts';
import { Pasts } from './past/pasts.ts';
import { ServerLine } from './server-line.ts';
import { type PlayerHost, StreamPlayer } from './stream-player.ts';
import { VideoPixels } from './video-pixels.ts';
import { VideoStreams } from './video-streams.ts';
import { decodesVideo } from './video-support.ts';
import type { Quality, WorkerNews, WorkerOrder } from './worker-messages.ts';

/** Everything that handles pixels: the line to the server, decoding, drawing, and the truth about what is drawn. */

const tickMs = 100;
/** A line that was lost so long after its last picture had been stuck. */
const stuckMs = 500;
/** A line that took so long to be opened leads further than a building. */
const farMs = 75;
/** So long after a doubtful start pictures are asked for that every line bears; the server finds out what this one does. */
const carefulMs = 5000;

const post = (news: WorkerNews): void => self.postMessage(news);
const ownUs = (): number => performance.now() * 1000;

function openMonitor(address: string, painter: Painter, checksum: Crc32): (order: WorkerOrder) => void {
  const clock = new ServerClock();
  const line = new ServerLine(address, ownUs);
  const players = new Map<number, StreamPlayer>();
  const inStep = new InStep();
  const acknowledger = new Acknowledger((acknowledgement) => line.send(acknowledgement));
  let codecs: Codecs = { raw };
  let opening: Promise<void> | undefined;
  let quality: Quality = 'auto';
  let hidden = false;
  let connected = false;
  let hurried = false;
  let video = false;
  let videoGivenUp = false;
  let lastFrameUs = 0;
  let carefulUntilUs = 0;

  /** Before anything is made of the clock: frames from before a sleep are handed over ahead of any timer. */
  const watchClock = (): void => {
    if (clock.watch(ownUs(), Date.now() * 1000)) line.askClock();
  };
  const tick = (): void => {
    hurried = false;
    watchClock();
    const serverUs = clock.at(ownUs());
    post({
      news: 'tick',
      atMs: performance.timeOrigin + performance.now(),
      serverMs: serverUs === undefined ? undefined : serverUs / 1000,
      clockErrorMs: clock.errorUs === undefined ? undefined : clock.errorUs / 1000,
      truths: [...players.values()].map((player) => {
        const past = pasts.truth(player.stream);
        const truth = player.truth(connected);
        if (past === undefined) return truth;
        return { ...truth, past, picture: past.picture, ...(truth.picture && { livePicture: truth.picture }) };
      }),
    });
  };
  const openCodecs = (): Promise<void> => {
    opening ??= Promise.all([openBrowserCodecs(), decodesVideo()])
      .then(
        ([opened, decodes]) => {
          codecs = opened;
          video = decodes && !videoGivenUp;
        },
        (thrown) => post({ news: 'fault', stream: -1, error: asAppError(thrown, 'codec/unknown', { codec: 'other than raw' }).toJSON() }),
      )
      .then(() => {
        opening = undefined;
        for (const player of players.values()) player.watch();
        pasts.redraw();
      });
    return opening;
  };
  /** Many changes in one turn make one tick. */
  const hurry = (): void => {
    if (hurried) return;
    hurried = true;
    queueMicrotask(tick);
  };
  const host: PlayerHost = {
    clock,
    inStep,
    codecs: () => codecs,
    decodes,
    quality: () => quality,
    first: () => (ownUs() < carefulUntilUs && quality === 'auto' ? (video ? 'video-thin' : 'thin') : undefined),
    paint: (canvas, format, codec, payload) => painter.paint(canvas, format, codec, payload),
    pixelsOf: (canvas) => painter.pixelsOf(canvas),
    kernelsOn: (memory) => painter.kernelsOn(memory),
    ownUs,
    send: (message) => (message.type === 'ack' ? acknowledger.acknowledge(message) : line.send(message)),
    hurry,
    report: (stream, error) => {
      post({ news: 'fault', stream, error });
      // A decoder that met damage may be damaged itself: others take its place.
      if (error.code === 'codec/damaged') void openCodecs();
    },
  };
  const playerOf = (stream: number): StreamPlayer => {
    const player = players.get(stream) ?? new StreamPlayer(stream, host);
    players.set(stream, player);
    player.setHidden(hidden);
    return player;
  };

  const pasts = new Pasts(
    {
      codecs: () => codecs,
      paint: (canvas, format, codec, payload) => painter.paint(canvas, format, codec, payload),
      nowMs: () => performance.now(),
      changed: hurry,
    },
    address,
    (stream, timeline) => post({ news: 'timeline', stream, timeline }),
  );

  const videos = new VideoStreams({
    openReader: () => new VideoPixels((memory) => painter.kernelsOn(memory)),
    picture: (header, decoded, receivedUs) =>
      players.get(header.stream)?.receive({ ...header, codec: codecNumber('raw'), payloadBytes: decoded.length }, decoded, receivedUs),
    passedOver: (header, receivedUs) => players.get(header.stream)?.passOver(header, receivedUs),
    leftOut(header, receivedUs, error) {
      if (error !== undefined) post({ news: 'fault', stream: header.stream, error });
      players.get(header.stream)?.leaveOut(header, receivedUs);
    },
    askKey: ({ stream, view }) => line.send({ type: 'key', stream, view }),
    ownUs,
    giveUp() {
      video = false;
      videoGivenUp = true;
      for (const player of players.values()) player.watch();
    },
  });

  line.link$.subscribe((link) => {
    if (link.state === 'lost' || link.state === 'shut') {
      if (connected && ownUs() - lastFrameUs > stuckMs * 1000) carefulUntilUs = ownUs() + carefulMs * 1000;
      videos.reset();
    }
    connected = link.state === 'open';
    // Who is out keeps no picture.
    if (link.state === 'shut') for (const player of players.values()) player.leave();
    post({ news: 'link', link });
    hurry();
  });
  line.message$.subscribe((message) => {
    obeyServer(message);
    if (message.type !== 'pong' && message.type !== 'poses') post({ news: 'message', message });
  });
  line.frame$.subscribe(({ header, payload }) => {
    watchClock();
    lastFrameUs = ownUs();
    const receivedUs = clock.at(lastFrameUs);
    const codec = codecNames[header.codec];
    if (checksum.of(payload) !== header.crc32) {
      const error = new AppError('codec/damaged', { codec: codec ?? '', reason: 'its checksum is another' });
      if (codec === 'h264') {
        videos.refuse(header, error, receivedUs);
        return;
      }
      post({ news: 'fault', stream: header.stream, error: error.toJSON() });
      players.get(header.stream)?.leaveOut(header, receivedUs);
      return;
    }
    if (codec === 'h264') {
      videos.receive(header, payload, receivedUs);
      return;
    }
    videos.overtaken(header);
    players.get(header.stream)?.receive(header, payload, receivedUs);
  });

  function obeyServer(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        acknowledger.forget();
        clock.begin(message.clockUs, ownUs());
        if (line.openedInMs > farMs) carefulUntilUs = ownUs() + carefulMs * 1000;
        for (const stream of message.streams) playerOf(stream.id).welcome(stream);
        begin(message.streams);
        break;
      case 'pace':
        acknowledger.setPace(message.withinMs);
        break;
      case 'pong':
        clock.sample(message.sentUs, message.clockUs, ownUs());
        break;
      case 'stream':
        playerOf(message.stream.id).describe(message.stream);
        break;
      case 'state':
        playerOf(message.stream).setStatus(message.source);
        break;
      case 'poses':
        playerOf(message.stream).setPoses(message.sequence, message.poses);
        break;
      case 'stats':
      case 'stage-set':
      case 'devices':
      case 'viewers':
      case 'invitations':
      case 'invited':
      case 'done':
      case 'error':
        break;
    }
  }

  function begin(streams: readonly StreamDescription[]): void {
    // What could not be opened before is tried again with every new line.
    if (Object.keys(codecs).length === 1) void openCodecs();
    for (const player of players.values()) {
      if (streams.some(({ id }) => id === player.stream)) player.watch();
      else player.leave();
    }
  }

  /** Near the server the first picture does not wait for the codecs; over a long way it would get stuck as it is. */
  function decodes(): CodecName[] | undefined {
    if (opening !== undefined && Object.keys(codecs).length === 1 && !(line.openedInMs <= farMs)) return undefined;
    return [...(Object.keys(codecs) as CodecName[]), ...(video ? (['h264'] as const) : [])];
  }

  function reprocess(stream: number, settings: Extract<WorkerOrder, { order: 'reprocess' }>['settings']): void {
    let stages: readonly StageState[] | undefined;
    try {
      stages = playerOf(stream).reprocess(settings);
    } catch (thrown) {
      host.report(stream, asAppError(thrown, 'stage/bad-option', { stage: '', option: '', value: '', allowed: '' }).toJSON());
    }
    post({ news: 'reprocessed', stream, stages });
  }

  self.addEventListener('online', () => line.retryNow());
  line.connect();
  // The first picture does not wait for them: on a good line it comes as it is.
  void openCodecs();
  setInterval(tick, tickMs);

  return (order) => {
    switch (order.order) {
      case 'connect':
        line.connect();
        break;
      case 'canvas':
        playerOf(order.stream).setCanvas(order.view, order.canvas);
        break;
      case 'show':
        playerOf(order.stream).show(order.shown);
        break;
      case 'hide':
        playerOf(order.stream).hide();
        break;
      case 'freeze':
        playerOf(order.stream).freeze(order.frozen);
        break;
      case 'take-pixels': {
        const pixels = playerOf(order.stream).pixels();
        const news: WorkerNews = { news: 'pixels', request: order.request, pixels };
        self.postMessage(news, { transfer: pixels === undefined ? [] : [pixels.rgba] });
        break;
      }
      case 'reprocess':
        reprocess(order.stream, order.settings);
        break;
      case 'hidden':
        hidden = order.hidden;
        for (const player of players.values()) player.setHidden(hidden);
        pasts.setHidden(hidden);
        break;
      case 'quality':
        quality = order.quality;
        for (const player of players.values()) player.watch();
        break;
      case 'in-step':
        inStep.enabled = order.inStep;
        pasts.inStep = order.inStep;
        break;
      case 'past-canvas':
        pasts.setCanvas(order.stream, order.canvas);
        break;
      case 'past':
        playerOf(order.stream);
        pasts.obey(order.stream, order.act);
        break;
      case 'follow-past':
        pasts.follow(order.stream);
        break;
      case 'send':
        line.send(order.message);
        break;
    }
  };
}

/** Throws `kernels/not-built`. */
async function openChecksum(): Promise<Crc32> {
  try {
    return new Crc32(await WebAssembly.compileStreaming(fetch(crc32Url)));
  } catch (thrown) {
    throw new AppError('kernels/not-built', { path: crc32Url }, { cause: thrown });
  }
}

/** Loads the kernels, then obeys; orders that come earlier wait for their turn. */
function serve(): void {
  const waiting: WorkerOrder[] = [];
  let obey = (order: WorkerOrder): void => {
    waiting.push(order);
  };
  let begun = false;
  const begin = async (address: string): Promise<void> => {
    const [painter, checksum] = await Promise.all([Painter.open(), openChecksum()]);
    obey = openMonitor(address, painter, checksum);
    for (const order of waiting.splice(0)) obey(order);
  };
  self.addEventListener('message', ({ data }: MessageEvent<WorkerOrder>) => {
    if (data.order !== 'connect' || begun) {
      obey(data);
      return;
    }
    begun = true;
    begin(data.address).catch((thrown) => {
      post({ news: 'unfit', error: asAppError(thrown, 'kernels/not-built', { path: 'wasm' }).toJSON() });
    });
  });
}

serve();
