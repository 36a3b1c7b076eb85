import type { Socket } from 'node:net';
import { Subscription } from 'rxjs';
import { AppError } from '../app-error.ts';
import type { Pose } from '../frame/pose.ts';
import { bodyParts, type MessageHeader, viewOf } from '../openigtlink/header.ts';
import { type HeaderVersion, MessageWriter, type RoomOf, type SentHead } from '../openigtlink/message-writer.ts';
import type { Metadata } from '../openigtlink/metadata.ts';
import { trackingDataBytes, transformBytes, writeTrackingData, writeTransform } from '../openigtlink/pose-messages.ts';
import { Receiver } from '../openigtlink/receiver.ts';
import { capabilityContent, statusCodes, statusContent } from '../openigtlink/text-messages.ts';
import { Newest } from '../stream/newest.ts';
import type { SharedFrame } from '../stream/shared-frame.ts';
import type { Outlet } from '../stream/stream.ts';
import type { OpenIgtlinkFeed } from './openigtlink-feed.ts';
import type { Unacknowledged } from './unacknowledged.ts';

/** What a client may say: queries are short, and nothing else is taken. */
const longestBodyBytes = 64 * 1024;
/** Poses, states and answers. */
const shortContentBytes = 16 * 1024;
/** Answers to a client that asks and does not read. */
const mostUnreadBytes = 256 * 1024;
/** Answers and poses that are still under way hold no picture up. */
const shortUnderWayBytes = 4096;
const [shortestRetryMs, longestRetryMs] = [2, 50] as const;
/** A client that has taken nothing for so long is gone. */
const stalledMs = 30_000;

/** A stream as this client gets it. */
class Followed implements Outlet {
  readonly kind = 'openigtlink';
  readonly feed: OpenIgtlinkFeed;
  readonly edge = new Newest<SharedFrame>();
  /** Images are sent as they come. */
  flowing = true;
  sent = 0;
  /** Pictures for which no place was free among the messages under way. */
  crowdedOut = 0;
  /** State that was told last. */
  told = '';

  constructor(feed: OpenIgtlinkFeed) {
    this.feed = feed;
  }

  get skipped(): number {
    return this.edge.skipped + this.crowdedOut;
  }
}

/** What is told of the tools of one picture. */
interface ToolsSeen {
  readonly feed: OpenIgtlinkFeed;
  readonly poses: readonly Pose[];
  readonly stampUs: number;
}

type Query = (header: MessageHeader, content: Uint8Array) => void;

export interface ClientHost {
  readonly feeds: readonly OpenIgtlinkFeed[];
  readonly version: HeaderVersion;
  readonly roomOf: RoomOf;
  readonly unacknowledged: Unacknowledged;
  /** Name under which a tool of a stream goes out: no two trackers share one. */
  toolName(feed: OpenIgtlinkFeed, tool: string): string;
  nowUs(): number;
}

/** One OpenIGTLink client: answers what it asks, and sends it the newest picture whenever the one before has arrived. */
export class OpenIgtlinkClient {
  readonly #socket: Socket;
  readonly #host: ClientHost;
  readonly #receiver: Receiver;
  readonly #writer: MessageWriter;
  readonly #followed: readonly Followed[];
  readonly #subscriptions = new Subscription();
  /** Poses go out with every picture, one by one; */
  #transforms = true;
  /** or together, at most so often. */
  #trackingEveryMs: number | undefined;
  #trackedMs = Number.NEGATIVE_INFINITY;
  #unreadBytes = 0;
  #writing = false;
  #closed = false;
  #retryMs: number = shortestRetryMs;
  #retry: NodeJS.Timeout | undefined;
  #arrivedMs = performance.now();
  /** The stream whose turn it is. */
  #turn = 0;

  constructor(socket: Socket, host: ClientHost) {
    this.#socket = socket;
    this.#host = host;
    this.#receiver = new Receiver(host.roomOf(longestBodyBytes), longestBodyBytes, {
      message: (header, body) => this.#obey(header, body),
      damaged: ({ device, type }) =>
        this.#answer('STATUS', device, statusContent({ code: statusCodes.checksum, name: 'Checksum', message: type })),
    });
    this.#writer = new MessageWriter(host.roomOf, 1, shortContentBytes, host.version);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    // A socket without an error listener would take the process down; close follows every error.
    socket.on('error', () => undefined);
    socket.on('close', () => this.close());
    this.#followed = host.feeds.map((feed) => new Followed(feed));
    for (const followed of this.#followed) this.#follow(followed);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#subscriptions.unsubscribe();
    for (const { edge } of this.#followed) edge[Symbol.dispose]();
    this.#socket.destroy();
  }

  #follow(followed: Followed): void {
    const { feed, edge } = followed;
    this.#tellChange(followed);
    feed.stream.outlets.add(followed);
    this.#subscriptions.add(() => void feed.stream.outlets.delete(followed));
    this.#subscriptions.add(feed.stream.addViewer());
    this.#subscriptions.add(feed.stream.news$.subscribe(() => this.#tellChange(followed)));
    this.#subscriptions.add(
      feed.stream.frames('processed', 'raw').subscribe((frame) => {
        if (!followed.flowing) return;
        edge.put(frame);
        this.#pump();
      }),
    );
  }

  /** Sends the next picture where the one before has arrived whole; one that has not is asked for again soon. */
  #pump(): void {
    if (this.#writing || this.#closed) return;
    const next = this.#nextStream();
    if (next === undefined) return;
    if (this.#socket.writableLength + this.#host.unacknowledged(this.#socket) > shortUnderWayBytes) {
      this.#pumpLater();
      return;
    }
    this.#retryMs = shortestRetryMs;
    this.#arrivedMs = performance.now();
    this.#turn = this.#followed.indexOf(next) + 1;
    this.#send(next);
  }

  #pumpLater(): void {
    if (this.#retry !== undefined) return;
    if (performance.now() - this.#arrivedMs > stalledMs) {
      this.close();
      return;
    }
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#retryMs = Math.min(longestRetryMs, 2 * this.#retryMs);
      this.#pump();
    }, this.#retryMs);
  }

  /** Streams take turns: a fast one does not starve the others. */
  #nextStream(): Followed | undefined {
    for (let step = 0; step < this.#followed.length; step++) {
      const followed = this.#followed[(this.#turn + step) % this.#followed.length] as Followed;
      if (followed.edge.waiting) return followed;
    }
    return undefined;
  }

  #send(followed: Followed): void {
    using frame = followed.edge.take();
    if (frame === undefined) return;
    const { feed } = followed;
    const image = feed.image(frame);
    if (image === undefined) {
      followed.crowdedOut++;
      return;
    }
    followed.sent++;
    this.#writing = true;
    this.#socket.cork();
    this.#tellPoses({ feed, ...image });
    this.#socket.write(image.bytes, () => {
      image.release();
      this.#writing = false;
      this.#pump();
    });
    this.#socket.uncork();
  }

  #tellPoses(seen: ToolsSeen): void {
    if (seen.poses.length === 0) return;
    if (this.#transforms) this.#tellTransforms(seen);
    const nowMs = performance.now();
    if (this.#trackingEveryMs === undefined || nowMs - this.#trackedMs < this.#trackingEveryMs) return;
    this.#trackedMs = nowMs;
    this.#tellTrackingData(seen);
  }

  /** A lost tool is left out, as the protocol says ("trackingdata.md"). Answers how many were told. */
  #tellTransforms({ feed, poses, stampUs }: ToolsSeen, wanted = ''): number {
    let told = 0;
    for (const { tool, matrix, source, ageMs } of poses) {
      const device = this.#host.toolName(feed, tool);
      if (matrix === undefined || (wanted !== '' && wanted !== device)) continue;
      const metadata = { TransformStatus: 'OK', Source: source, AgeMs: ageMs.toFixed(2) };
      this.#say({ type: 'TRANSFORM', device, stampUs }, transformBytes, (content) => writeTransform(content, matrix), metadata);
      told++;
    }
    return told;
  }

  #tellTrackingData({ feed, poses, stampUs }: ToolsSeen): void {
    const seen = poses.flatMap(({ tool, matrix }) => (matrix === undefined ? [] : [{ tool: this.#host.toolName(feed, tool), matrix }]));
    const head = { type: 'TDATA', device: feed.device, stampUs };
    this.#say(head, trackingDataBytes(seen.length), (content) => writeTrackingData(content, seen));
  }

  #tellChange(followed: Followed): void {
    const { name, message } = followed.feed.status();
    if (followed.told === name + message) return;
    followed.told = name + message;
    this.#tellStatus(followed.feed);
  }

  #tellStatus(feed: OpenIgtlinkFeed): void {
    this.#answer('STATUS', feed.device, statusContent(feed.status()));
  }

  #answer(type: string, device: string, content: Uint8Array): void {
    this.#say({ type, device, stampUs: this.#host.nowUs() }, content.length, (target) => target.set(content));
  }

  #say(head: SentHead, contentBytes: number, fill: (content: Uint8Array) => void, metadata?: Metadata): void {
    if (this.#closed) return;
    const bytes = Buffer.from(this.#writer.write(0, head, contentBytes, fill, metadata));
    this.#unreadBytes += bytes.length;
    this.#socket.write(bytes, () => {
      this.#unreadBytes -= bytes.length;
    });
    if (this.#unreadBytes > mostUnreadBytes) this.close();
  }

  #receive(chunk: Buffer): void {
    try {
      this.#receiver.receive(chunk);
    } catch (thrown) {
      // What follows a header that is none has no beginning.
      if (!(thrown instanceof AppError)) throw thrown;
      this.close();
    }
  }

  #obey(header: MessageHeader, body: Uint8Array): void {
    // A chunk goes on after the query that was one too many.
    if (this.#closed) return;
    const { type, device } = header;
    const query = Object.hasOwn(this.#queries, type) ? this.#queries[type] : undefined;
    // What else clients send (their own images, poses, states) is none of ours.
    if (query === undefined && !/^(GET|STT|STP)_/.test(type)) return;
    try {
      const { offset, length } = bodyParts(header, body);
      if (query === undefined) throw new AppError('openigtlink/bad-message', { type, reason: 'it is not known here' });
      query(header, body.subarray(offset, offset + length));
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      this.#answer('STATUS', device, statusContent({ code: statusCodes.notUnderstood, name: 'NotUnderstood', message: thrown.message }));
    }
  }

  /** "query.md": GET_ asks for one message, an empty body says that there is none; STT_ and STP_ are answered by RTS_, 0 for done. */
  readonly #queries: Readonly<Record<string, Query>> = {
    GET_IMAGE: ({ device }) => this.#sendImages(device),
    STT_IMAGE: (header) => this.#letFlow(header, true),
    STP_IMAGE: (header) => this.#letFlow(header, false),
    GET_TRANS: ({ device }) => {
      const told = this.#latest().reduce((sum, seen) => sum + this.#tellTransforms(seen, device), 0);
      if (told === 0) this.#answer('TRANSFORM', device, nothing);
    },
    STT_TRANS: ({ device }) => {
      this.#transforms = true;
      this.#answer('RTS_TRANS', device, done);
    },
    STP_TRANS: ({ device }) => {
      this.#transforms = false;
      this.#answer('RTS_TRANS', device, done);
    },
    GET_TDATA: ({ device }) => {
      const tracked = this.#latest().filter(({ poses, feed }) => poses.length > 0 && ['', feed.device].includes(device));
      for (const seen of tracked) this.#tellTrackingData(seen);
      if (tracked.length === 0) this.#answer('TDATA', device, nothing);
    },
    STT_TDATA: ({ device }, content) => {
      this.#trackingEveryMs = content.length >= 4 ? viewOf(content).getUint32(0) : 0;
      // Who wants them together does not want them one by one as well.
      this.#transforms = false;
      this.#answer('RTS_TDATA', device, done);
    },
    STP_TDATA: ({ device }) => {
      this.#trackingEveryMs = undefined;
      this.#answer('RTS_TDATA', device, done);
    },
    GET_STATUS: ({ device }) => {
      const asked = this.#named(device);
      for (const { feed } of asked) this.#tellStatus(feed);
      if (asked.length === 0) {
        this.#answer('STATUS', device, statusContent({ code: statusCodes.notFound, name: 'NotFound', message: 'there is no such device' }));
      }
    },
    GET_CAPABIL: ({ device }) => {
      const types = ['IMAGE', 'TRANSFORM', 'TDATA', 'STATUS', 'CAPABILITY', ...Object.keys(this.#queries)];
      this.#answer('CAPABILITY', device, capabilityContent(types));
    },
  };

  /** Streams of a name; without one all. */
  #named(device: string): readonly Followed[] {
    return device === '' ? this.#followed : this.#followed.filter(({ feed }) => feed.device === device);
  }

  #letFlow({ type, device }: MessageHeader, flowing: boolean): void {
    const asked = this.#named(device);
    for (const followed of asked) followed.flowing = flowing;
    this.#answer(`RTS_${type.slice(4)}`, device, asked.length > 0 ? done : failed);
    if (!flowing) for (const { edge } of asked) edge[Symbol.dispose]();
  }

  #sendImages(device: string): void {
    for (const { feed, edge } of this.#named(device)) {
      if (!edge.waiting) newestOf(feed, (frame) => edge.put(frame));
    }
    if (this.#named(device).some(({ edge }) => edge.waiting)) this.#pump();
    else this.#answer('IMAGE', device, nothing);
  }

  /** The tools as they were in the newest picture of every stream. */
  #latest(): readonly ToolsSeen[] {
    return this.#followed.flatMap(({ feed }) => {
      const seen: ToolsSeen[] = [];
      newestOf(feed, ({ header: { sequence, capturedAtUs: stampUs } }) => {
        seen.push({ feed, poses: feed.stream.posesOf(sequence) ?? [], stampUs });
      });
      return seen;
    });
  }
}

const nothing = new Uint8Array(0);
const done = Uint8Array.of(0);
const failed = Uint8Array.of(1);

/** Lends the newest picture of a stream, if it has one. */
function newestOf({ stream }: OpenIgtlinkFeed, consume: (frame: SharedFrame) => void): void {
  stream.frames('processed', 'raw').subscribe(consume).unsubscribe();
}
