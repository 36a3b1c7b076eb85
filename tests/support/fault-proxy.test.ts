import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FaultProxy, type LineFaults } from './fault-proxy.ts';

describe('FaultProxy', () => {
  let server: Server;
  let proxy: FaultProxy;
  const open: Socket[] = [];
  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy();
    await proxy[Symbol.asyncDispose]();
    server.close();
  });

  /** Both ends of a line with these faults, and what has come to the viewer. */
  async function line(faults: LineFaults) {
    proxy = await FaultProxy.open((server.address() as AddressInfo).port, faults);
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const viewer = connect(proxy.port, '127.0.0.1');
    const [sender] = await accepted;
    for (const socket of [viewer, sender]) socket.on('error', () => undefined);
    open.push(viewer, sender);
    const came: { readonly atMs: number; readonly bytes: Buffer }[] = [];
    viewer.on('data', (bytes: Buffer) => came.push({ atMs: performance.now(), bytes }));
    const bytes = (): Buffer => Buffer.concat(came.map((part) => part.bytes));
    return {
      viewer,
      sender,
      came,
      bytes,
      until: (length: number) => vi.waitUntil(() => came.reduce((sum, part) => sum + part.bytes.length, 0) >= length, 30_000),
    };
  }

  it('passes everything on both ways, and the ends too', async () => {
    const { viewer, sender, bytes, until } = await line({});
    const data = Buffer.from(Uint8Array.from({ length: 500_000 }, (_, at) => at % 251));
    sender.write(data);
    await until(data.length);
    expect(bytes().equals(data)).toBe(true);
    const asked = once(sender, 'data') as Promise<[Buffer]>;
    viewer.write('hello');
    expect((await asked)[0].toString()).toBe('hello');
    const finished = once(viewer, 'end');
    sender.end();
    await finished;
  });

  it('is as slow and as late as it is told, and quick again when told so', async () => {
    const { sender, came, until } = await line({ bytesPerSecond: 200_000, wayMs: 50 });
    const fromMs = performance.now();
    sender.write(Buffer.alloc(60_000));
    await until(60_000);
    expect((came[0]?.atMs ?? 0) - fromMs).toBeGreaterThan(45);
    expect((came.at(-1)?.atMs ?? 0) - fromMs).toBeGreaterThan(300);
    // As slow as it was it would carry this for a minute.
    sender.write(Buffer.alloc(12_000_000));
    await until(70_000);
    proxy.set({});
    await until(12_060_000);
  });

  it('stalls now and then', async () => {
    const { sender, came, until } = await line({ stall: { everyMs: 300, forMs: 150 } });
    const sending = setInterval(() => sender.write(Buffer.alloc(10)), 5);
    await until(1500);
    clearInterval(sending);
    const gaps = came.slice(1).map(({ atMs }, index) => atMs - (came[index]?.atMs ?? 0));
    expect(gaps.filter((gap) => gap > 100).length).toBeGreaterThanOrEqual(1);
  });

  it('turns bits over on the way to the viewer only', async () => {
    const { viewer, sender, bytes, until } = await line({ corruptEveryBytes: 10_000 });
    sender.write(Buffer.alloc(50_000));
    await until(50_000);
    const wrong = bytes().filter((byte) => byte !== 0).length;
    expect(wrong).toBeGreaterThanOrEqual(4);
    expect(wrong).toBeLessThanOrEqual(6);
    const asked = once(sender, 'data') as Promise<[Buffer]>;
    viewer.write(Buffer.alloc(100));
    expect((await asked)[0].every((byte) => byte === 0)).toBe(true);
  });

  it('resets connections when it is cut', async () => {
    const { viewer, sender } = await line({});
    const gone = [viewer, sender].map((socket) => new Promise((resolve) => socket.on('close', resolve)));
    expect(proxy.connections).toBe(1);
    proxy.cut();
    await Promise.all(gone);
    await vi.waitUntil(() => proxy.connections === 0, 10_000);
  });

  it('half-open: bytes and endings vanish, and nobody is told', async () => {
    const { viewer, sender, came } = await line({});
    let told = false;
    sender
      .on('data', () => undefined)
      .on('close', () => {
        told = true;
      });
    proxy.set({ silent: true });
    sender.write('lost');
    const gone = once(viewer, 'close');
    viewer.destroy();
    await gone;
    // What a fresh connection can do in the meantime the old one could have done too.
    proxy.set({});
    const other = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
    open.push(other);
    const [second] = (await once(server, 'connection')) as [Socket];
    second.on('error', () => undefined);
    expect(came).toEqual([]);
    expect(told).toBe(false);
  });
});
