import { Subscription } from 'rxjs';
import type { WebSocket } from 'ws';
import { type Access, refuseBelow } from '../access/access.ts';
import type { Door } from '../access/door.ts';
import { AppError, asAppError, type ErrorCode, type ErrorReport } from '../app-error.ts';
import { hasWebCodecs } from '../codec/webcodecs.ts';
import type { DeviceDesk, DevicesMessage } from '../discovery/device-desk.ts';
import type { ExaminationDesk } from '../examination/examination-desk.ts';
import type { Member } from '../examination/member.ts';
import type { Pose } from '../frame/pose.ts';
import { protocolVersion } from '../protocol/frame-header.ts';
import type { ConnectedViewer, ServerMessage, ViewerMessage } from '../protocol/messages.ts';
import { isAtLeast, type Role } from '../protocol/roles.ts';
import { type CodecName, isVideoTier, type TierName, tierNames } from '../protocol/tiers.ts';
import { isErrorReport, type Stream, type StreamNews } from '../stream/stream.ts';
import { Delivery } from './delivery.ts';
import type { Descriptions } from './descriptions.ts';
import { Line, standIn } from './line.ts';
import { Pace } from './pace.ts';
import type { RecentCuts } from './recent-cuts.ts';
import { readViewerMessage, requestIn } from './viewer-messages.ts';
import type { Walls } from './walls.ts';
import type { Wire } from './wire.ts';

/** Inside this machine what is late is most often the machine; a way of less than fast Ethernet leads over some line, e.g. a tunnel. */
const localPatience = { suspectBelow: 12.5e6, lateMs: 2000 } as const;

export interface ViewerHost {
  readonly server: string;
  readonly room: string;
  readonly streams: readonly Stream[];
  /** What is attached; undefined where nobody looks. */
  readonly devices: DeviceDesk | undefined;
  readonly examination: ExaminationDesk;
  readonly walls: Walls;
  readonly messagesPerSecond: number;
  nowUs(): number;
  isLoopback(address: string): boolean;
  /** Where others open the monitor. */
  address(): string;
  readonly door: Door;
  sendOut(viewer: number, by: Access): Promise<void>;
  /** Addresses whose line was given up. */
  readonly recentCuts: RecentCuts;
  readonly descriptions: Descriptions;
}

/** What is refused to everybody below; each message says for whom it is. */
const needed: Readonly<Record<ViewerMessage['type'], Role>> = {
  ping: 'observer',
  ack: 'observer',
  key: 'observer',
  watch: 'observer',
  unwatch: 'observer',
  'set-stage': 'operator',
  'set-preset': 'operator',
  'set-source': 'operator',
  'set-device': 'operator',
  invite: 'operator',
  revoke: 'operator',
  'send-out': 'operator',
  'save-wall': 'operator',
  'discard-wall': 'operator',
  bookmark: 'observer',
  'remove-bookmark': 'observer',
  'put-mark': 'marker',
  'remove-mark': 'marker',
  'draft-mark': 'marker',
  calibrate: 'marker',
  point: 'marker',
  keep: 'marker',
  'keep-until': 'marker',
  'discard-kept': 'marker',
  'open-examination': 'operator',
  'name-patient': 'operator',
  'close-examination': 'operator',
  'reopen-examination': 'operator',
  'find-examinations': 'operator',
  'look-into': 'operator',
};

/** Not the protocol's: RFC 6455 §7.4.2 leaves 4000 to 4999 to applications. The reason is the code of an error. */
const putOutCode = 4401;
/** How long somebody who was put out, or broke the rules, may take to say goodbye. */
const goodbyeMs = 300;
/** Refusals that a viewer may go on after: it asked for something that is not there, or not for it. */
const harmless = /^(access|device|examination|marks|archive|record|wall|protocol\/unknown-)/;

/** Where a viewer is. */
export interface ViewerPlace {
  readonly address: string;
  /** Ends its connection together with what is still to be sent. */
  cutOff(): void;
  wire(): Wire;
}

const messageCharacters = 2048;
/** Messages that wait in a socket, beside frames, are behind. */
const mostWaitingBytes = 64 * 1024;
/** Who reads so little is not there: a whole examination is less. */
const mostUnreadBytes = 64 * 1024 * 1024;
/** A frame under way for so long makes the line suspicious: it is asked by a ping. */
const suspectMs = 300;
/** Acknowledgements that were told to come together may come so much later than that. */
const suspectAfterPaceMs = 100;
/** A line that bears many times what it carries is looked at so often. */
const calmReviewMs = 900;
/** A line that has not carried a ping for so long carries nothing else either. */
const silentMs = 250;
/**
 * So much that hangs on such a line for so long is given up: it would arrive before any lighter frame, and be old. The viewer comes back
 * over a fresh connection.
 */
const [hopelessMs, hopelessBytes] = [1000, 64 * 1024] as const;

/** One connection: reads what the viewer asks for, sends what it can take. */
export class Viewer implements Member {
  readonly id: number;
  readonly #host: ViewerHost;
  readonly #socket: WebSocket;
  readonly #deliveries = new Map<string, Delivery>();
  readonly #watches = new Map<number, Subscription>();
  /** Of each view of a stream one for good: whoever watches anew, again and again, gets no more than its line takes. */
  readonly #wires = new Map<string, Wire>();
  readonly #subscriptions = new Subscription();
  readonly #line = new Line();
  readonly #pace = new Pace();
  readonly #from: ViewerPlace;
  /** What it may do, and until when. */
  readonly access: Access;
  readonly #sinceUs: number;
  /** Newest frame of each stream whose poses were told. */
  readonly #posesTold = new Map<number, number>();
  #messagesLeft: number;
  #heard = true;
  /** The last ping was. */
  #answered = true;
  #pingedMs = 0;
  #reviewedMs = 0;
  #pings = 0;

  constructor(id: number, socket: WebSocket, from: ViewerPlace, access: Access, host: ViewerHost) {
    this.id = id;
    this.access = access;
    this.#sinceUs = host.nowUs();
    const putOut = (): void => this.putOut(asAppError(access.ended.reason, 'access/revoked'));
    access.ended.addEventListener('abort', putOut, { once: true });
    this.#subscriptions.add(() => access.ended.removeEventListener('abort', putOut));
    this.#from = from;
    this.#socket = socket;
    this.#host = host;
    this.#messagesLeft = host.messagesPerSecond;
    socket.on('message', (data, isBinary) => {
      // Who was put out may go on asking until the line is closed.
      if (socket.readyState === socket.OPEN) this.#receive(data.toString(), isBinary);
    });
    socket.on('ping', () => this.#countControl());
    socket.on('pong', (payload) => {
      this.#countControl();
      this.#heard = true;
      // Only the answer to the last ping tells how long the way is.
      if (payload[0] !== this.#pings) return;
      this.#answered = true;
      const nowMs = performance.now();
      this.#line.roundTrip(nowMs - this.#pingedMs, nowMs);
    });
    // A socket without an error listener would take the process down; close follows every error.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
    this.tell({
      type: 'hello',
      protocol: protocolVersion,
      server: host.server,
      room: host.room,
      viewer: id,
      role: access.role,
      invited: host.door.invited,
      clockUs: host.nowUs(),
      streams: host.streams.filter((stream) => access.may(stream.id)).map((stream) => stream.describe()),
    });
    this.#ping();
    for (const stream of host.streams) {
      if (!access.may(stream.id)) continue;
      this.#subscriptions.add(stream.news$.subscribe(({ news }) => this.#tellNews(stream, news)));
    }
    this.#tellWalls();
    this.#subscriptions.add(host.walls.changed$.subscribe(() => this.#tellWalls()));
    this.#subscriptions.add(host.examination.join(this));
    if (isAtLeast(access.role, 'operator'))
      this.#subscriptions.add(host.devices?.message$.subscribe((message) => this.#tellDevices(message)));
  }

  get deliveries(): Iterable<Delivery> {
    return this.#deliveries.values();
  }

  tell(message: ServerMessage): void {
    this.tellText(JSON.stringify(message));
  }

  /** A message that was written for several. */
  tellText(message: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(message);
  }

  /** What is soon outdated need not be told now: it would wait behind other things. */
  isBehind(): boolean {
    return this.#messageBytesWaiting > mostWaitingBytes || this.#lateMs(performance.now()) > this.#suspectMs;
  }

  /** Once a second: what became of this viewer's frames; renews its allowance of messages. */
  tellStats(): void {
    this.#messagesLeft = this.#host.messagesPerSecond;
    // The shortest of many tells how long the way is; of a calm line it is known.
    if (this.#answered && this.#pace.withinMs === 0) this.#ping();
    for (const id of this.#watches.keys()) {
      const stream = this.#host.streams[id] as Stream;
      const { captured, fps, lost, processingMs, clockResidualMs, clockDriftPpm } = stream.counts;
      const own = [...this.#deliveries.values()].filter((delivery) => delivery.stream === stream);
      this.tell({
        type: 'stats',
        stream: id,
        captured,
        fps,
        lost: { ...lost },
        processingMs,
        sent: own.reduce((total, { sent }) => total + sent, 0),
        skipped: own.reduce((total, { skipped }) => total + skipped, 0),
        viewers: stream.viewers,
        ...(clockResidualMs !== undefined && { clockResidualMs }),
        ...(clockDriftPpm !== undefined && { clockDriftPpm }),
        tier: own[0]?.tier ?? 'raw',
        ...(own[0] !== undefined && {
          tierReason: own[0].tierReason,
          tierBytesPerSecond: Math.round(own.reduce((total, { tierBytesPerSecond }) => total + tierBytesPerSecond, 0)),
        }),
        ...(this.#line.bytesPerSecond !== undefined && { lineBytesPerSecond: Math.round(this.#line.bytesPerSecond) }),
      });
    }
  }

  /** A line that died without a word is found by pings, the second unanswered one ends it; so does one who answers and reads nothing. */
  checkLine(): void {
    if (!this.#heard || this.#messageBytesWaiting > mostUnreadBytes) this.#socket.terminate();
    this.#heard = false;
    this.#ping();
  }

  /** A few times a second, on a calm line once: what the line bears decides how good the pictures are. */
  review(): void {
    const nowMs = performance.now();
    const lateMs = this.#lateMs(nowMs);
    const suspicious = lateMs > this.#suspectMs;
    if (this.#pace.withinMs > 0 && !suspicious && nowMs - this.#reviewedMs < calmReviewMs) return;
    this.#reviewedMs = nowMs;
    const deliveries = [...this.#deliveries.values()];
    if (suspicious && this.#answered) this.#ping();
    const silent = !this.#answered && nowMs - this.#pingedMs > silentMs;
    for (const delivery of deliveries) {
      const others = deliveries.reduce((sum, other) => (other === delivery ? sum : sum + other.needBytesPerSecond), 0);
      delivery.review(nowMs, silent, others);
    }
    this.#reviewPace(deliveries, lateMs, nowMs);
    const hangs = deliveries.reduce((sum, delivery) => sum + delivery.heavyBytesUnderWay, 0);
    if (!silent || lateMs <= hopelessMs || hangs <= hopelessBytes) return;
    this.#host.recentCuts.note(this.#from.address);
    this.#from.cutOff();
  }

  /** What waits in the socket beside frames. */
  get #messageBytesWaiting(): number {
    return [...this.#deliveries.values()].reduce((sum, { underWayBytes }) => sum - underWayBytes, this.#socket.bufferedAmount);
  }

  /** How long the oldest frame under way has been that. */
  #lateMs(nowMs: number): number {
    let lateMs = 0;
    for (const delivery of this.#deliveries.values()) lateMs = Math.max(lateMs, delivery.lateMs(nowMs));
    return lateMs;
  }

  get #suspectMs(): number {
    return Math.max(suspectMs, this.#pace.withinMs + suspectAfterPaceMs);
  }

  #reviewPace(deliveries: readonly Delivery[], lateMs: number, nowMs: number): void {
    const { bytesPerSecond: lineBytesPerSecond, roundTripMs } = this.#line;
    const needBytesPerSecond = deliveries.reduce((sum, delivery) => sum + delivery.tierBytesPerSecond, 0);
    const curious = deliveries.some((delivery) => delivery.curious);
    if (!this.#pace.review({ needBytesPerSecond, lineBytesPerSecond, roundTripMs, lateMs, curious }, nowMs)) return;
    const { withinMs } = this.#pace;
    for (const delivery of deliveries) delivery.setPace(withinMs);
    this.tell({ type: 'pace', withinMs });
  }

  /** What operators are told of it. */
  presence(): ConnectedViewer {
    const { role, name, invitation } = this.access;
    const { bytesPerSecond, roundTripMs } = this.#line;
    const tierOf = (stream: number): TierName =>
      [...this.#deliveries.values()].find((delivery) => delivery.stream.id === stream)?.tier ?? 'raw';
    return {
      viewer: this.id,
      name,
      role,
      ...(invitation !== undefined && { invitation }),
      sinceUs: this.#sinceUs,
      watches: [...this.#watches.keys()].map((stream) => ({ stream, tier: tierOf(stream) })),
      ...(bytesPerSecond !== undefined && { lineBytesPerSecond: Math.round(bytesPerSecond) }),
      ...(roundTripMs !== undefined && { roundTripMs }),
    };
  }

  may(stream: number): boolean {
    return this.access.may(stream);
  }

  mayLose(kept: string): boolean {
    return this.#host.examination.mayLose(kept, this);
  }

  /** No frame follows this. */
  putOut(error: AppError): void {
    this.#end();
    this.#sayGoodbye(putOutCode, error.code);
  }

  /** Who does not answer is cut off. */
  #sayGoodbye(code: number, reason: ErrorCode): void {
    this.close(code, reason);
    const patience = setTimeout(() => this.terminate(), goodbyeMs);
    this.#socket.once('close', () => clearTimeout(patience));
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Together with what the kernel still holds: ended in order, it would deliver that first. */
  terminate(): void {
    this.#from.cutOff();
  }

  #receive(text: string, isBinary: boolean): void {
    let request: number | undefined;
    try {
      if (isBinary) throw new AppError('protocol/binary-refused');
      // A long one is as much work as several.
      this.#messagesLeft -= 1 + Math.floor(text.length / messageCharacters);
      if (this.#messagesLeft < 0) throw new AppError('protocol/too-many', { limit: this.#host.messagesPerSecond });
      const message = readViewerMessage(text);
      request = 'request' in message ? message.request : undefined;
      refuseBelow(needed[message.type], this.access, message.type);
      this.#obey(message);
    } catch (thrown) {
      const error = asAppError(thrown, 'protocol/bad-message', { where: 'server' });
      if (error.code === 'examination/bad-message') request = requestIn(text);
      this.tell({ type: 'error', ...(request !== undefined && { request }), error: error.toJSON() });
      // RFC 6455 §7.4.1: 1008, a message that violates the endpoint's policy.
      if (!harmless.test(error.code)) this.#sayGoodbye(1008, error.code);
    }
  }

  /** Frames of control (RFC 6455 §5.5) are work too. */
  #countControl(): void {
    this.#messagesLeft--;
    if (this.#messagesLeft < 0 && this.#socket.readyState === this.#socket.OPEN) this.#sayGoodbye(1008, 'protocol/too-many');
  }

  #obey(message: ViewerMessage): void {
    switch (message.type) {
      case 'ping':
        this.tell({ type: 'pong', sentUs: message.sentUs, clockUs: this.#host.nowUs() });
        break;
      case 'ack':
        this.#acknowledge(message);
        break;
      case 'key':
        this.#deliveries.get(`${message.stream}/${message.view}`)?.skipToKey(performance.now());
        break;
      case 'watch':
        this.#watch(message);
        break;
      case 'unwatch':
        this.#unwatch(this.#streamOf(message.stream).id);
        break;
      case 'set-source':
        this.#streamOf(message.stream).setRunning(message.running);
        break;
      case 'set-device':
        this.#host.devices?.put(this.#streamOf(message.stream), message.driver, message.identity, this.access.may);
        break;
      case 'set-stage':
        this.#answer(message, (stream) => stream.setStage(message.stage, message.enabled, message.options));
        break;
      case 'set-preset':
        this.#answer(message, (stream) => stream.setPreset(message.preset));
        break;
      case 'invite':
        void this.#invite(message);
        break;
      case 'revoke':
        void this.#done(message, this.#host.door.revoke(message.invitation, this.access));
        break;
      case 'send-out':
        void this.#done(message, this.#host.sendOut(message.viewer, this.access));
        break;
      case 'save-wall':
        void this.#done(message, this.#host.walls.save(message.wall, this));
        break;
      case 'discard-wall':
        void this.#done(message, this.#host.walls.discard(message.name, this));
        break;
      default:
        this.#host.examination.hear(this, message);
    }
  }

  #answer({ request, stream: id }: { readonly request: number; readonly stream: number }, set: (stream: Stream) => Promise<number>): void {
    set(this.#streamOf(id)).then(
      (epoch) => this.tell({ type: 'stage-set', request, stream: id, epoch }),
      (thrown) => this.tell({ type: 'error', request, error: reportOf(thrown) }),
    );
  }

  async #invite({ request, label, role, streams, minutes, once }: Extract<ViewerMessage, { type: 'invite' }>): Promise<void> {
    try {
      const { invitation, token } = await this.#host.door.invite({ label, role, minutes, once, ...(streams && { streams }) }, this.access);
      this.tell({ type: 'invited', request, invitation, link: `${this.#host.address()}#invite=${token}` });
    } catch (thrown) {
      this.tell({ type: 'error', request, error: asAppError(thrown, 'server/failed').toJSON() });
    }
  }

  async #done({ request }: { readonly request: number }, act: Promise<void>): Promise<void> {
    try {
      await act;
      this.tell({ type: 'done', request });
    } catch (thrown) {
      this.tell({ type: 'error', request, error: asAppError(thrown, 'server/failed').toJSON() });
    }
  }

  #acknowledge({ stream, view, sequence, receivedUs, drawnUs }: Extract<ViewerMessage, { type: 'ack' }>): void {
    // What the viewer says of its clock is believed as far as it can be true.
    const agoMs = receivedUs === undefined ? 0 : Math.max(0, (this.#host.nowUs() - receivedUs) / 1000);
    this.#deliveries.get(`${stream}/${view}`)?.acknowledge(sequence, performance.now() - agoMs, drawnUs);
  }

  #ping(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#pingedMs = performance.now();
    this.#answered = false;
    this.#pings = (this.#pings + 1) & 0xff;
    this.#socket.ping(Buffer.of(this.#pings));
  }

  #streamOf(id: number): Stream {
    const stream = this.#host.streams[id];
    // What one may not see is not there.
    if (stream === undefined || !this.access.may(id)) throw new AppError('protocol/unknown-stream', { stream: id });
    return stream;
  }

  #watch({ stream: id, views, delivery = 'newest', tier = 'raw', first, codecs = [] }: Extract<ViewerMessage, { type: 'watch' }>): void {
    const stream = this.#streamOf(id);
    this.#unwatch(stream.id);
    const tiers = offeredTiers(tier, codecs);
    const local = this.#host.isLoopback(this.#from.address);
    // Who was cut off and comes back begins with the least.
    const usual = local ? 'raw' : tiers.includes('video') ? 'video' : 'still';
    const wanted = first ?? (this.#host.recentCuts.has(this.#from.address) ? 'video-thin' : usual);
    const patience = local ? localPatience : { suspectBelow: Number.POSITIVE_INFINITY, lateMs: 500 };
    const watch = new Subscription();
    this.#watches.set(stream.id, watch);
    watch.add(stream.addViewer());
    for (const view of views) {
      const key = `${stream.id}/${view}`;
      const trusted = stream.tierCounts(view, wanted).failing || !tiers.includes(wanted) ? standIn(wanted) : wanted;
      const wire = this.#wires.get(key) ?? this.#from.wire();
      this.#wires.set(key, wire);
      const to = new Delivery(this.#socket, wire, this.#line, stream, {
        view,
        delivery,
        tiers,
        // Who wants to begin with something light would wait for anything heavier.
        first: tiers.find((name) => name === trusted) ?? tiers.at(-1) ?? 'raw',
        ...patience,
        sending: (sequence) => this.#tellPoses(stream, sequence),
      });
      to.setPace(this.#pace.withinMs);
      this.#deliveries.set(key, to);
      watch.add(() => {
        this.#deliveries.delete(key);
        to.close();
      });
    }
  }

  /** Both views of a frame have the same poses: they are told once. */
  #tellPoses(stream: Stream, sequence: number): void {
    const poses = stream.posesOf(sequence);
    if (poses === undefined || this.#posesTold.get(stream.id) === sequence) return;
    this.#posesTold.set(stream.id, sequence);
    this.tell({ type: 'poses', stream: stream.id, sequence, poses: poses.map(wirePose) });
  }

  #unwatch(stream: number): void {
    this.#watches.get(stream)?.unsubscribe();
    this.#watches.delete(stream);
    this.#posesTold.delete(stream);
  }

  #tellNews(stream: Stream, news: StreamNews['news']): void {
    if (news === 'described') this.tellText(this.#host.descriptions.of(stream));
    if (news === 'status') this.tell({ type: 'state', stream: stream.id, source: stream.status });
  }

  #tellWalls(): void {
    this.tell({ type: 'walls', walls: this.#host.walls.seenBy(this.access) });
  }

  #tellDevices({ devices, ...message }: DevicesMessage): void {
    const own = ({ stream }: DevicesMessage['devices'][number]): boolean => stream === undefined || this.access.may(stream);
    this.tell({ ...message, devices: devices.filter(own) });
  }

  #end(): void {
    this.#subscriptions.unsubscribe();
    for (const id of [...this.#watches.keys()]) this.#unwatch(id);
  }
}

/** What a viewer asked for, as far as it can decode it; raw pictures everybody can. */
function offeredTiers(asked: 'auto' | TierName, codecs: readonly CodecName[]): TierName[] {
  const needs: Readonly<Record<TierName, readonly CodecName[]>> = {
    raw: [],
    exact: ['delta-zstd', 'jpeg-ls'],
    // What has 16 bits travels exact in every tier.
    video: ['delta-zstd', 'jpeg-ls', 'h264'],
    'video-thin': ['delta-zstd', 'jpeg-ls', 'h264'],
    still: ['delta-zstd', 'jpeg-ls', 'jpeg'],
    thin: ['delta-zstd', 'jpeg-ls', 'jpeg'],
  };
  const video = hasWebCodecs();
  const able = tierNames.filter((tier) => needs[tier].every((codec) => codecs.includes(codec)) && (video || !isVideoTier(tier)));
  if (asked === 'auto') return able;
  if (able.includes(asked)) return [asked];
  // JPEG stands in for video where one end has none.
  const instead = tierNames.indexOf(asked) + 2;
  const still = isVideoTier(asked) ? tierNames[instead] : undefined;
  return still !== undefined && able.includes(still) ? [still] : ['raw'];
}

/** The age to a hundredth of a millisecond. */
const wirePose = ({ tool, matrix, ageMs, source }: Pose) => ({
  tool,
  ...(matrix && { matrix: [...matrix] }),
  ageMs: Math.round(ageMs * 100) / 100,
  source,
});

function reportOf(thrown: unknown): ErrorReport {
  return isErrorReport(thrown) ? thrown : asAppError(thrown, 'protocol/bad-message', { where: 'set-stage' }).toJSON();
}
