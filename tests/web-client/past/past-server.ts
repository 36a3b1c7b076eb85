import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { codecNumber } from '../../../src/codec/codecs.ts';
import { frameFlags, frameHeaderBytes, writeFrameHeader } from '../../../src/protocol/frame-header.ts';

export interface HeldFrame {
  readonly capturedUs: number;
  readonly sequence: number;
  readonly flags: number;
}

const [width, height] = [4, 2];

/**
 * The routes of docs/protocol.md over frames of 4 x 2 pixels that all have their own sequence number as value, the lighter ones 100 more;
 * `begin`: of stream 0.
 */
export async function openPastServer(begin: readonly HeldFrame[], pageFrames = 1000) {
  const byStream = new Map<string, readonly HeldFrame[]>([['0', begin]]);
  const stalled = new Set<string>();
  const asked: string[] = [];
  let hold: Promise<void> | undefined;
  const server: Server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://here');
    asked.push(url.pathname + url.search);
    const stream = /^\/streams\/(\d+)\//.exec(url.pathname)?.[1] ?? '0';
    const frames = byStream.get(stream) ?? [];
    if (stalled.size === 0 || stalled.has(stream)) await hold;
    const number = (name: string, otherwise: number): number => Number(url.searchParams.get(name) ?? otherwise);
    const light = url.searchParams.get('quality') === 'still';
    const message = (frame: HeldFrame): Buffer => wireMessage(frame, light);
    const told = (value: unknown): void => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    };
    const within = frames.filter(
      ({ capturedUs }) => capturedUs >= number('fromUs', 0) && capturedUs <= number('toUs', Number.POSITIVE_INFINITY),
    );
    if (url.pathname.endsWith('/past')) {
      told({ fromUs: frames[0]?.capturedUs, toUs: frames.at(-1)?.capturedUs, frames: frames.length, lost: 0, bytes: 0, gaps: [] });
    } else if (url.pathname.endsWith('/index')) {
      const page = within.slice(0, pageFrames);
      const rows = page.map(({ capturedUs, sequence, flags }) => [capturedUs, sequence, 0, frameHeaderBytes + width * height, flags]);
      told({ descriptions: { 0: { regions: [], synthetic: true } }, frames: rows, more: page.length < within.length });
    } else if (url.pathname.startsWith('/kept/')) {
      response.end(Buffer.concat(within.slice(0, number('count', 1)).map(message)));
    } else response.end(Buffer.concat(within.slice(0, number('limit', 1000)).map(message)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    base: `http://127.0.0.1:${port}/`,
    asked,
    setFrames(next: readonly HeldFrame[], stream = 0): void {
      byStream.set(String(stream), next);
    },
    /** Nobody is answered until what this gives is called, or nobody who asks for that stream. */
    stall(stream?: number): () => void {
      if (stream !== undefined) stalled.add(String(stream));
      const gate = Promise.withResolvers<void>();
      hold = gate.promise;
      return () => {
        hold = undefined;
        stalled.clear();
        gate.resolve();
      };
    },
    async cut(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async mend(): Promise<void> {
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    },
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function wireMessage({ capturedUs, sequence, flags }: HeldFrame, light: boolean): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes + width * height, light ? sequence + 100 : sequence);
  writeFrameHeader(new DataView(bytes.buffer, bytes.byteOffset), {
    codec: codecNumber('raw'),
    flags: light ? flags : flags | frameFlags.lossless,
    pixelFormat: 'GREY',
    view: 'processed',
    stream: 0,
    sequence,
    capturedAtUs: capturedUs,
    processingUs: 0,
    width,
    height,
    keySequence: sequence,
    payloadBytes: width * height,
    crc32: 0,
    epoch: 0,
  });
  return bytes;
}
