import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What is wrong with a line. What is absent is as good as loopback. */
export interface LineFaults {
  /** Each way. */
  readonly bytesPerSecond?: number;
  /** One way; half of the round trip. */
  readonly wayMs?: number;
  /** Nothing arrives at the viewer for `forMs` in every `everyMs`, as while a lost packet is sent again. */
  readonly stall?: { readonly everyMs: number; readonly forMs: number };
  /** Of every so many bytes to the viewer one has a bit turned over. */
  readonly corruptEveryBytes?: number;
  /** Half-open: bytes and endings vanish both ways, nobody is told. */
  readonly silent?: boolean;
}

/** Bytes that wait in front of the line before whoever sends is held up, as in a router. */
const queueBytes = 64 * 1024;
/** About two packets: small enough that a thin line is not lumpy. */
const pieceBytes = 3000;
/** What a line that was idle may carry at once. */
const burstMs = 5;

interface Piece {
  readonly bytes: Buffer;
  readonly dueMs: number;
}

/** A TCP line between a viewer and a server on loopback whose faults can be changed while it runs. */
export class FaultProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #lanes = new Set<Lane>();
  readonly #beganMs = performance.now();
  #faults: LineFaults;

  private constructor(server: Server, targetPort: number, faults: LineFaults) {
    this.#server = server;
    this.#faults = faults;
    server.on('connection', (viewer) => this.#join(viewer, connect(targetPort, '127.0.0.1')));
  }

  static async open(targetPort: number, faults: LineFaults = {}): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const proxy = new FaultProxy(server, targetPort, faults);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#lanes.size / 2;
  }

  /** From now on, for open connections too; what waits in front of the line goes at the new rate. */
  set(faults: LineFaults): void {
    this.#faults = faults;
    for (const lane of this.#lanes) lane.move();
  }

  /** Resets every connection; new ones are accepted. */
  cut(): void {
    for (const lane of this.#lanes) lane.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(viewer: Socket, server: Socket): void {
    server.setNoDelay(true);
    const line = { faults: () => this.#faults, beganMs: this.#beganMs };
    for (const lane of [new Lane(viewer, server, line, false), new Lane(server, viewer, line, true)]) this.#lanes.add(lane);
    for (const socket of [viewer, server]) socket.on('close', () => this.#forgetClosed());
  }

  #forgetClosed(): void {
    for (const lane of this.#lanes) if (lane.closed) this.#lanes.delete(lane);
  }
}

interface Line {
  faults(): LineFaults;
  readonly beganMs: number;
}

/** One direction of one connection: queue, token bucket, way, stalls. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #line: Line;
  readonly #toViewer: boolean;
  readonly #waiting: Buffer[] = [];
  readonly #flying: Piece[] = [];
  #waitingBytes = 0;
  #tokens = 0;
  #countedMs = performance.now();
  #untilCorrupt = 0;
  #finished = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, line: Line, toViewer: boolean) {
    this.#from = from;
    this.#to = to;
    this.#line = line;
    this.#toViewer = toViewer;
    from.on('close', () => {
      if (from.errored) this.#fail();
    });
    from.on('error', () => undefined);
    from.on('data', (data: Buffer) => this.#take(data));
    from.on('end', () => {
      this.#finished = true;
      this.move();
    });
  }

  get closed(): boolean {
    return this.#from.closed;
  }

  cut(): void {
    clearTimeout(this.#timer);
    this.#from.resetAndDestroy();
  }

  /** Lets everything go on that is due. */
  move(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const faults = this.#line.faults();
    if (faults.silent) return;
    this.#load(faults, nowMs);
    const stalledMs = this.#stalledMs(faults, nowMs);
    while (stalledMs === 0 && (this.#flying[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      this.#to.write((this.#flying.shift() as Piece).bytes);
    }
    if (this.#waitingBytes < queueBytes) this.#from.resume();
    if (this.#finished && this.#waiting.length === 0 && this.#flying.length === 0) this.#to.end();
    const [next] = this.#flying;
    if (next === undefined && this.#waiting.length === 0) return;
    const arrivesMs = next === undefined ? 1 : Math.max(next.dueMs - nowMs, stalledMs);
    this.#timer = setTimeout(() => this.move(), this.#waiting.length > 0 ? 1 : Math.ceil(arrivesMs));
  }

  #take(data: Buffer): void {
    if (this.#line.faults().silent) return;
    // What it could have carried before these bytes came is gone.
    this.move();
    for (let at = 0; at < data.length; at += pieceBytes) this.#waiting.push(data.subarray(at, at + pieceBytes));
    this.#waitingBytes += data.length;
    if (this.#waitingBytes >= queueBytes) this.#from.pause();
    this.move();
  }

  /** From the queue onto the line, as far as there are tokens: a turn that comes late carries what the ones that it replaces would have. */
  #load({ bytesPerSecond, wayMs = 0, corruptEveryBytes }: LineFaults, nowMs: number): void {
    const perMs = (bytesPerSecond ?? Number.POSITIVE_INFINITY) / 1000;
    // A bucket that was never bound holds no debt and no credit.
    this.#tokens = bytesPerSecond === undefined ? 0 : this.#tokens + (nowMs - this.#countedMs) * perMs;
    this.#countedMs = nowMs;
    while (this.#waiting.length > 0 && (bytesPerSecond === undefined || this.#tokens > 0)) {
      const bytes = this.#waiting.shift() as Buffer;
      this.#waitingBytes -= bytes.length;
      this.#tokens -= bytes.length;
      if (this.#toViewer && corruptEveryBytes !== undefined) this.#corrupt(bytes, corruptEveryBytes);
      this.#flying.push({ bytes, dueMs: nowMs + wayMs });
    }
    if (this.#waiting.length === 0) this.#tokens = Math.min(perMs * burstMs, this.#tokens);
  }

  #corrupt(bytes: Buffer, everyBytes: number): void {
    this.#untilCorrupt -= bytes.length;
    if (this.#untilCorrupt > 0) return;
    this.#untilCorrupt += everyBytes;
    const at = bytes.length >> 1;
    bytes[at] = (bytes[at] as number) ^ 0x10;
  }

  #stalledMs({ stall }: LineFaults, nowMs: number): number {
    if (stall === undefined || !this.#toViewer) return 0;
    return Math.max(0, stall.forMs - ((nowMs - this.#line.beganMs) % stall.everyMs));
  }

  /** The other end is told of a reset, unless nobody is told anything. */
  #fail(): void {
    clearTimeout(this.#timer);
    if (!this.#line.faults().silent && !this.#to.destroyed) this.#to.resetAndDestroy();
  }
}
