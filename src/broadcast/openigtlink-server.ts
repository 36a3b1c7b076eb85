import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Crc64 } from '../../wasm/crc64.ts';
import { isLoopback } from '../access/origin.ts';
import { AppError } from '../app-error.ts';
import type { Room } from '../config/room.ts';
import { type ClockAnchor, monotonicNs, unixUs } from '../device/clock.ts';
import { deviceNameBytes } from '../openigtlink/header.ts';
import type { Stream, StreamLog } from '../stream/stream.ts';
import { OpenIgtlinkClient } from './openigtlink-client.ts';
import { OpenIgtlinkFeed } from './openigtlink-feed.ts';
import { unacknowledgedBytes } from './unacknowledged.ts';

export type OpenIgtlinkSettings = NonNullable<Room['openigtlink']>;

export interface OpenIgtlinkServer {
  readonly port: number;
  readonly clients: ReadonlySet<OpenIgtlinkClient>;
  close(): Promise<void>;
}

/**
 * The processed pictures of all streams, and the poses of their tools, for 3D Slicer and whatever else speaks OpenIGTLink.
 * Throws `openigtlink/address-refused` and `server/port-busy`.
 */
export async function openOpenIgtlinkServer(
  settings: OpenIgtlinkSettings,
  streams: readonly Stream[],
  clock: ClockAnchor,
  log: StreamLog,
): Promise<OpenIgtlinkServer> {
  const { host, port, clients: most, headerVersion, openOnNetwork } = settings;
  if (!isLoopback(host) && !openOnNetwork) throw new AppError('openigtlink/address-refused', { host });
  const roomOf = await Crc64.load();
  const unacknowledged = await unacknowledgedBytes();
  const devices = deviceNames(streams.map(({ name }) => name));
  const feeds = streams.map((stream, index) => new OpenIgtlinkFeed(stream, devices[index] as string, most, headerVersion, roomOf));
  const owners = new Map<string, OpenIgtlinkFeed>();
  const toolName = (feed: OpenIgtlinkFeed, tool: string): string => {
    const owner = owners.get(tool) ?? feed;
    owners.set(tool, owner);
    return owner === feed ? tool : withNumber(tool, feed.stream.id);
  };
  const shared = { feeds, version: headerVersion, roomOf, unacknowledged, toolName, nowUs: () => unixUs(clock, monotonicNs()) };
  const clients = new Set<OpenIgtlinkClient>();
  const accept = (socket: Socket): void => {
    const from = `${socket.remoteAddress}:${socket.remotePort}`;
    if (clients.size >= most) {
      log.warn({}, `OpenIGTLink: ${from} was refused: all ${most} places are taken`);
      socket.destroy();
      return;
    }
    const client = new OpenIgtlinkClient(socket, shared);
    clients.add(client);
    log.info({}, `OpenIGTLink: ${from} connected`);
    socket.on('close', () => {
      clients.delete(client);
      log.info({}, `OpenIGTLink: ${from} left`);
    });
  };
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000 }, accept);
  await listen(server, host, port);
  if (!isLoopback(host))
    log.warn({}, `OpenIGTLink on ${host}:${port} has neither encryption nor access control: all in this network can watch`);
  return {
    port: (server.address() as AddressInfo).port,
    clients,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const client of clients) client.close();
      for (const feed of feeds) feed.close();
      await closed;
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new AppError('server/port-busy', { host, port }, { cause: thrown });
    throw thrown;
  }
}

/** Names of streams as names of devices: short, ASCII, and each once. */
export function deviceNames(names: readonly string[]): string[] {
  const given = new Set<string>();
  return names.map((name, index) => {
    const plain = name
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .replace(/[^ -~]/g, '?')
      .slice(0, deviceNameBytes);
    const device = given.has(plain) || plain === '' ? withNumber(plain, index) : plain;
    given.add(device);
    return device;
  });
}

function withNumber(name: string, number: number): string {
  const end = ` ${number}`;
  return name.slice(0, deviceNameBytes - end.length) + end;
}
