import { existsSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { fastifyCookie } from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import serveStatic from '@fastify/static';
import fastify, { type FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import type { Access } from '../access/access.ts';
import { addressGroup, Connections } from '../access/connections.ts';
import { usualDataFolder } from '../access/data-folder.ts';
import { Entrance } from '../access/entrance.ts';
import { isLoopback } from '../access/origin.ts';
import { Places } from '../access/places.ts';
import { RequestCounts } from '../access/request-counts.ts';
import { AppError, asAppError, type ErrorCode, printable } from '../app-error.ts';
import { closeInTurn } from '../close-in-turn.ts';
import type { Room } from '../config/room.ts';
import { type ClockAnchor, monotonicNs, unixUs } from '../device/clock.ts';
import type { DeviceDesk } from '../discovery/device-desk.ts';
import { byStreamNames } from '../examination/by-stream-names.ts';
import { ExaminationDesk } from '../examination/examination-desk.ts';
import { noPast } from '../examination/past-pictures.ts';
import type { Stores } from '../examination/stores.ts';
import type { RollingStore } from '../past/rolling-store.ts';
import type { Stream, StreamLog } from '../stream/stream.ts';
import { Attendance } from './attendance.ts';
import { CutOff } from './cut-off.ts';
import { Descriptions } from './descriptions.ts';
import { serveGateways } from './gateways.ts';
import { metricsOf } from './metrics.ts';
import { servePast } from './past-routes.ts';
import { servePrints } from './print-routes.ts';
import { RecentCuts } from './recent-cuts.ts';
import { serveSessions } from './session-routes.ts';
import { Viewer, type ViewerHost } from './viewer.ts';
import { Walls } from './walls.ts';
import { Wire } from './wire.ts';

export const subprotocol = 'lumencast.v1';
const clientFolder = resolve(import.meta.dirname, '../../web-client/dist');
/** The longest message of a viewer: a traced outline of two thousand points, every digit written out. */
const longestMessageBytes = 256 * 1024;
const linePeriodMs = 5000;
const reviewPeriodMs = 200;

/** How long somebody whose upgrade was refused may take to read why. */
const refusalMs = 1000;

/** Connections of strangers from all addresses together. */
const mostStrangers = 2048;

export interface Server {
  /** Where to open the monitor. */
  readonly address: string;
  /** With TLS: SHA-256 of the certificate, as browsers show it. */
  readonly fingerprint: string | undefined;
  /** Where nobody comes in without an invitation: the link for whoever started the server. */
  readonly invitation: string | undefined;
  close(): Promise<void>;
}

/** Opens the door: the monitor's files, `/session`, `/healthz`, `/metrics` and the WebSocket at `/ws`. Whoever opened `stores` closes them after it. */
export async function openServer(
  room: Room,
  streams: readonly Stream[],
  clock: ClockAnchor,
  version: string,
  log: StreamLog,
  devices?: DeviceDesk,
  stores: Stores = { archive: undefined, past: undefined },
): Promise<Server> {
  if (!existsSync(resolve(clientFolder, 'index.html'))) throw new AppError('server/not-built', { path: 'web-client/dist' });
  const dataFolder = dataFolderOf(room);
  const entrance = await Entrance.open({
    ...room,
    dataFolder,
    streamNames: () => streams.map(({ name }) => name),
    nowMs: () => unixUs(clock, monotonicNs()) / 1000,
    log,
  });
  try {
    return await openBehind(entrance, room, streams, clock, version, log, devices, stores);
  } catch (thrown) {
    await entrance.close();
    throw thrown;
  }
}

const dataFolderOf = (room: Room): string => room.dataFolder ?? usualDataFolder(process.env);

async function openBehind(
  entrance: Entrance,
  room: Room,
  streams: readonly Stream[],
  clock: ClockAnchor,
  version: string,
  log: StreamLog,
  devices: DeviceDesk | undefined,
  { archive, past }: Stores,
): Promise<Server> {
  const { door } = entrance;
  const viewers = new Map<number, Viewer>();
  const attendance = new Attendance(viewers, door);
  const places = new Places(room.limits);
  const connections = new Connections(room.limits.connectionsPerAddress, mostStrangers);
  const nowUs = (): number => unixUs(clock, monotonicNs());
  const http = await openHttp(entrance, connections, places, room, streams, viewers, past);
  const cutOff = new CutOff(http.server);
  await serveGateways(http, { streams, door, attendance, places, cutOff, nowUs });
  const names = streams.map(({ name }) => name);
  const record = archive && byStreamNames(archive, names);
  const walls = new Walls(dataFolderOf(room), names);
  const examination = await ExaminationDesk.open({ streams, record, past: past ?? noPast, walls, nowUs, log });
  servePast(http, {
    streams,
    door,
    past,
    keptPlace: async (kept, looksInto) => examination.keptPlace(kept, looksInto),
    boundaryUs: () => examination.boundaryUs,
    openExamination: () => examination.openExamination,
    cutOff,
  });
  servePrints(http, { room: room.room, door, source: record, nowUs });
  const descriptions = new Descriptions();
  for (const stream of streams) descriptions.follow(stream);
  const address = (): string => {
    const { address: at, port } = http.server.address() as AddressInfo;
    return entrance.addressOf(at, port);
  };
  const upgradesPerMinute = room.limits.requestsPerMinute;
  const reception = { http, cutOff, connections, attendance, places, viewers, upgradesPerMinute };
  const sockets = acceptViewers(reception, {
    server: `lumencast ${version}`,
    room: room.room,
    streams,
    devices,
    examination,
    walls,
    messagesPerSecond: room.limits.messagesPerSecond,
    nowUs,
    isLoopback,
    address,
    door,
    sendOut: (viewer, by) => attendance.sendOut(viewer, by),
    recentCuts: new RecentCuts(),
    descriptions,
  });
  const timers = [
    setInterval(() => {
      everyViewer(viewers, (viewer) => viewer.tellStats());
      attendance.tell();
    }, 1000),
    setInterval(() => everyViewer(viewers, (viewer) => viewer.review()), reviewPeriodMs),
    setInterval(() => everyViewer(viewers, (viewer) => viewer.checkLine()), linePeriodMs),
  ];

  await listen(http, room);
  return {
    address: address(),
    fingerprint: entrance.certificate?.fingerprint,
    invitation: door.invited ? `${address()}#invite=${await door.inviteFirst()}` : undefined,
    async close() {
      for (const timer of timers) clearInterval(timer);
      attendance.close();
      // RFC 6455 §7.4.1: 1001, going away. Who does not answer is cut off.
      everyViewer(viewers, (viewer) => viewer.close(1001, 'the server ends'));
      const patience = setTimeout(() => everyViewer(viewers, (viewer) => viewer.terminate()), 300);
      sockets.close();
      http.server.closeAllConnections();
      const closings = [
        { what: 'the line to browsers', close: () => http.close().finally(() => clearTimeout(patience)) },
        { what: 'the examination', close: () => examination.close() },
        { what: 'the door', close: () => entrance.close() },
      ];
      await closeInTurn(closings, log);
    },
  };
}

async function openHttp(
  entrance: Entrance,
  connections: Connections,
  places: Places,
  room: Room,
  streams: readonly Stream[],
  viewers: ReadonlyMap<number, Viewer>,
  past: RollingStore | undefined,
): Promise<FastifyInstance> {
  const { door, scheme } = entrance;
  const http = fastify({
    logger: false,
    bodyLimit: 1024,
    forceCloseConnections: true,
    serverFactory: (handler) => entrance.serve(handler),
  });
  http.server.on('connection', (socket) => connections.take(socket));
  http.addHook('onRequest', async (request, reply) => {
    door.refuseForeign(request.raw);
    if (admitted(() => door.admit(request.raw)) === undefined) return;
    reply.raw.once('close', connections.admitted(request.raw.socket));
  });
  http.setErrorHandler(async (thrown, request, reply) => {
    const { error, status } = refusalOf(thrown, request);
    // What can only open an address waits to be asked for a name and a password (RFC 9110 §11.6.1).
    if (status === 401 && forAddresses.test(request.url)) reply.header('www-authenticate', 'Basic realm="Lumencast"');
    await reply.code(status).send(error.toJSON());
  });
  http.setNotFoundHandler(async () => {
    throw new AppError('protocol/unknown-route');
  });
  await http.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // The kernels are WebAssembly.
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        // zstd comes as WebAssembly inside its script, which is read back through a data: URL.
        connectSrc: ["'self'", 'data:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        workerSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Shared WebAssembly memory exists on cross-origin isolated pages only.
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: { policy: 'require-corp' },
    strictTransportSecurity: scheme === 'https' && { maxAge: hstsS, includeSubDomains: false },
  });
  // Its parser, which the door uses, is loaded by this; the door itself looks into cookies, for upgrades too.
  await http.register(fastifyCookie, { hook: false });
  await http.register(rateLimit, {
    max: room.limits.requestsPerMinute,
    timeWindow: '1 minute',
    store: RequestCounts,
    keyGenerator: (request) => addressGroup(request.raw.socket.remoteAddress ?? ''),
    // Where the door is open there is nobody to keep out.
    allowList: () => !door.invited,
    errorResponseBuilder: (_request, { ttl }) => new AppError('access/too-many-requests', { seconds: Math.ceil(ttl / 1000) }),
  });
  await http.register(serveStatic, { root: clientFolder, cacheControl: false, preCompressed: true });
  serveSessions(http, door, places, streams);
  const registry = metricsOf(streams, viewers, connections, past);
  http.get('/metrics', async (request, reply) => {
    // Counts of all streams stand in it.
    if (!door.admit(request.raw).everyStream) throw new AppError('access/not-all-streams');
    return reply.type(registry.contentType).send(await registry.metrics());
  });
  http.get('/healthz', async (request) =>
    health(
      streams,
      viewers,
      admitted(() => door.admit(request.raw)),
    ),
  );
  return http;
}

/** 180 days. */
const hstsS = 180 * 24 * 3600;

/** A picture alone, for monitors that have no page. */
const forAddresses = /\/(snapshot\.jpg|live\.mjpeg)$/;

/** What is thrown before a route sees the request is no fault of ours: a body that is too long, or no JSON. */
function refusalOf(thrown: unknown, { method, url }: { readonly method: string; readonly url: string }) {
  if (thrown instanceof AppError) return { error: thrown, status: statusOf(thrown.code) };
  const status = (thrown as { readonly statusCode?: number }).statusCode ?? 500;
  const where = `${method} ${printable(url.split('?')[0] ?? '', 80)}`;
  return status < 500
    ? { error: asAppError(thrown, 'protocol/bad-message', { where }), status }
    : { error: new AppError('server/failed', { reason: where }), status };
}

/** What a refusal is in HTTP. */
function statusOf(code: ErrorCode): number {
  if (code === 'access/too-many-requests' || code === 'access/too-many-of-session') return 429;
  if (code === 'access/too-many-viewers' || code === 'access/too-many-guests') return 503;
  if (code === 'gateway/not-live' || code === 'record/too-many-readers') return 503;
  if (code === 'record/off' || /^examination\/unknown/.test(code)) return 404;
  if (code === 'gateway/no-jpeg' || code === 'examination/off' || code === 'examination/not-its-picture') return 409;
  if (code === 'print/bad-order') return 400;
  if (code === 'print/not-there') return 404;
  if (code === 'print/busy' || code === 'print/too-slow') return 503;
  if (/^access\/(no-session|invitation-|expired|revoked|sent-out)/.test(code)) return 401;
  if (code.startsWith('protocol/unknown-')) return 404;
  if (code.startsWith('protocol/')) return 400;
  if (code.startsWith('archive/')) return 503;
  if (code === 'access/folder-unusable') return 500;
  return code.startsWith('access/') ? 403 : 500;
}

function admitted(admit: () => Access): Access | undefined {
  try {
    return admit();
  } catch {
    return undefined;
  }
}

/** Everybody is told whether it runs well; what runs, only who may see it. */
function health(streams: readonly Stream[], viewers: ReadonlyMap<number, Viewer>, access: Access | undefined): object {
  const fine = (stream: Stream): boolean => ['streaming', 'held', 'stopped'].includes(stream.status.state);
  const status = streams.every(fine) ? 'ok' : 'degraded';
  if (access === undefined) return { status };
  return {
    status,
    viewers: viewers.size,
    streams: streams
      .filter(({ id }) => access.may(id))
      .map(({ id, name, status, counts, ageMs }) => ({
        id,
        name,
        state: status.state,
        ageMs: ageMs === undefined ? null : Math.round(ageMs),
        fps: counts.fps,
        captured: counts.captured,
        lost: counts.lost,
        ...(status.error && { error: status.error }),
      })),
  };
}

/** Throws `access/too-many-requests`. */
function refuseTooMany(counts: RequestCounts, socket: Socket, limit: number): void {
  const refuse = (_: null, { current, ttl }: { readonly current: number; readonly ttl: number }): void => {
    if (current > limit) throw new AppError('access/too-many-requests', { seconds: Math.ceil(ttl / 1000) });
  };
  counts.incr(addressGroup(socket.remoteAddress ?? ''), refuse, 60_000);
}

interface Reception {
  readonly http: FastifyInstance;
  readonly cutOff: CutOff;
  readonly connections: Connections;
  readonly attendance: Attendance;
  readonly places: Places;
  readonly viewers: Map<number, Viewer>;
  readonly upgradesPerMinute: number;
}

function acceptViewers(reception: Reception, host: ViewerHost): WebSocketServer {
  const { http, cutOff, connections, attendance, places, viewers, upgradesPerMinute } = reception;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: longestMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  const upgrades = new RequestCounts();
  http.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    try {
      if (host.door.invited) refuseTooMany(upgrades, request.socket, upgradesPerMinute);
      const access = host.door.admit(request);
      if (request.url !== '/ws') throw new AppError('protocol/unknown-address', { address: '/ws' });
      socket.once('close', places.take(access));
      connections.admitted(request.socket);
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const from = {
          address: request.socket.remoteAddress ?? '',
          cutOff: () => cutOff.end(request.socket),
          wire: () => new Wire(socket),
        };
        const viewer = new Viewer(attendance.nextId(), webSocket, from, access, host);
        viewers.set(viewer.id, viewer);
        attendance.welcome(viewer);
        webSocket.on('close', () => {
          viewers.delete(viewer.id);
          attendance.changed();
        });
      });
    } catch (thrown) {
      refuseUpgrade(socket, asAppError(thrown, 'server/failed'));
    }
  });
  return sockets;
}

function refuseUpgrade(socket: Duplex, error: AppError): void {
  const status = statusOf(error.code);
  const body = JSON.stringify(error);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json\r\n`;
  // HTTP's bounds do not reach an upgraded connection, and it stays half open for as long as the other end likes.
  socket.once('finish', () => socket.destroy());
  const patience = setTimeout(() => socket.destroy(), refusalMs);
  socket.once('close', () => clearTimeout(patience));
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

async function listen(http: FastifyInstance, { host, port }: Room): Promise<void> {
  try {
    await http.listen({ host, port });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new AppError('server/port-busy', { host, port }, { cause: thrown });
    throw thrown;
  }
}

function everyViewer(viewers: ReadonlyMap<number, Viewer>, act: (viewer: Viewer) => void): void {
  for (const viewer of viewers.values()) act(viewer);
}
