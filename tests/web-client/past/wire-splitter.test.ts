import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameHeaderBytes, readFrameHeader, writeFrameHeader } from '../../../src/protocol/frame-header.ts';
import { WireSplitter } from '../../../web-client/past/wire-splitter.ts';

function wireMessage(sequence: number, payloadBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(frameHeaderBytes + payloadBytes).fill(sequence, frameHeaderBytes);
  writeFrameHeader(new DataView(bytes.buffer), {
    codec: 0,
    flags: 3,
    pixelFormat: 'GREY',
    view: 'processed',
    stream: 0,
    sequence,
    capturedAtUs: 1_700_000_000_000_000 + sequence,
    processingUs: 0,
    width: 1,
    height: 1,
    keySequence: sequence,
    payloadBytes,
    crc32: 0,
    epoch: 0,
  });
  return bytes;
}
const sequencesOf = (messages: readonly Uint8Array<ArrayBuffer>[]): number[] =>
  messages.map((message) => readFrameHeader(new DataView(message.buffer)).sequence);

describe('an answer of frames', () => {
  const messages = [wireMessage(1, 0), wireMessage(2, 300), wireMessage(3, 7), wireMessage(4, 1000)];
  const whole = new Uint8Array(messages.flatMap((message) => [...message]));

  it('is cut at the borders of its messages, wherever the line has cut it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: whole.length }), { maxLength: 12 }), (cuts) => {
        const borders = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const splitter = new WireSplitter();
        const got = borders.flatMap((to, at) => [...splitter.split(whole.slice(borders[at - 1] ?? 0, to))]);
        splitter.end();
        expect(got).toEqual(messages);
      }),
    );
    expect(sequencesOf([...new WireSplitter().split(whole.slice())])).toEqual([1, 2, 3, 4]);
  });

  it('is refused where it ends early, or is no answer of frames', () => {
    const torn = new WireSplitter();
    expect([...torn.split(whole.slice(0, 60))]).toHaveLength(1);
    expect(() => torn.end()).toThrow('middle of a frame');
    expect(() => [...new WireSplitter().split(new Uint8Array(64).fill(60))]).toThrow('not LC');
    const huge = wireMessage(1, 0);
    new DataView(huge.buffer).setUint32(36, 0xffffffff, true);
    expect(() => [...new WireSplitter().split(huge)]).toThrow('a frame of');
  });
});
