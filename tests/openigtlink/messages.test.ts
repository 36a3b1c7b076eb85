import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/app-error.ts';
import { bodyParts, type MessageHeader, readHeader, writeText } from '../../src/openigtlink/header.ts';
import { imageHeadBytes, readImage, writeImageHead } from '../../src/openigtlink/image.ts';
import { MessageWriter } from '../../src/openigtlink/message-writer.ts';
import { readMetadata } from '../../src/openigtlink/metadata.ts';
import { readPoses, trackingDataBytes, transformBytes, writeTrackingData, writeTransform } from '../../src/openigtlink/pose-messages.ts';
import { Receiver } from '../../src/openigtlink/receiver.ts';
import { readStatus, readString, statusContent, stringContent, videoCodec } from '../../src/openigtlink/text-messages.ts';
import { Crc64 } from '../../wasm/crc64.ts';
import { mutantOf, seeded } from '../support/mutant.ts';
import { image, message, slowCrc64, transform } from '../support/openigtlink/messages.ts';
import { haveRecordings, recording } from '../support/recordings.ts';

const roomOf = await Crc64.load();

interface Taken {
  readonly header: MessageHeader;
  readonly content: Buffer;
  readonly metadata: ReadonlyMap<string, string>;
}

/** What a message says, once its header and checksum are found right. */
function taken(bytes: Uint8Array): Taken {
  const seen: Taken[] = [];
  const receiver = new Receiver(roomOf(65_536), 65_536, {
    message(header, body) {
      const parts = bodyParts(header, body);
      const content = Buffer.from(body.subarray(parts.offset, parts.offset + parts.length));
      seen.push({ header, content, metadata: readMetadata(header.type, body, parts) });
    },
    damaged: ({ type }) => expect.fail(`${type} is damaged`),
  });
  receiver.receive(bytes);
  expect(seen).toHaveLength(1);
  return seen[0] as Taken;
}

/** Of TRANSFORM and TDATA in the protocol's own tests, row by row. */
const itsMatrix = [
  [-0.954892, -0.196632, 0.222525, 46.0531],
  [0.196632, 0.142857, 0.970014, 19.4709],
  [-0.222525, 0.970014, -0.097749, 46.0531],
  [0, 0, 0, 1],
].flat();
const rounded = (matrix: readonly number[] | undefined): number[] => (matrix ?? []).map((value) => Number(value.toPrecision(6)));

describe.skipIf(!haveRecordings)("the protocol's own test messages (skipped without ../shared/data)", () => {
  const file = (name: string): Taken => taken(readFileSync(join(recording('openigtlink'), `${name}.bin`)));

  it('have the checksum that they say, whatever their type, and fail with one bit flipped', async () => {
    const random = seeded(5);
    for (const name of readdirSync(recording('openigtlink'))) {
      const bytes = readFileSync(join(recording('openigtlink'), name));
      expect(taken(bytes).content.length, name).toBeGreaterThan(0);
      const damaged: string[] = [];
      const sink = { message: () => expect.fail(name), damaged: ({ type }: MessageHeader) => void damaged.push(type) };
      const at = 58 + random(bytes.length - 58);
      bytes[at] = (bytes[at] as number) ^ (1 << random(8));
      new Receiver(roomOf(4096), 4096, sink).receive(bytes);
      expect(damaged, name).toHaveLength(1);
    }
  });

  it.each(['transform_message', 'transform_message_Format2', 'tdata_message'])('%s holds the pose', (name) => {
    const { header, content } = file(name);
    const poses = readPoses(header.type, content, header.device) ?? [];
    expect(poses.map(({ tool }) => tool)).toEqual(name === 'tdata_message' ? ['Tracker0', 'Tracker1', 'Tracker2'] : ['DeviceName']);
    for (const { matrix } of poses)
      for (const [at, value] of rounded(matrix).entries()) expect(value).toBeCloseTo(itsMatrix[at] ?? Number.NaN, 4);
  });

  it('position_message holds place and rotation; its quaternion is not of length 1', () => {
    const { header, content } = file('position_message');
    const [pose] = readPoses(header.type, content, header.device) ?? [];
    expect([3, 7, 11].map((at) => pose?.matrix?.[at]?.toFixed(4))).toEqual(['46.0531', '19.4709', '46.0531']);
    const [x = 0, y = 0, z = 0] = [0, 4, 8].map((at) => pose?.matrix?.[at]);
    expect(Math.hypot(x, y, z)).toBeCloseTo(1, 6);
  });

  it('metadata of header version 2 stand where they say', () => {
    for (const name of ['transform_message_Format2', 'command_messageFormat2']) {
      const { header, metadata } = file(name);
      expect(header.version).toBe(2);
      expect(Object.fromEntries(metadata)).toEqual({ 'First patient age': '22', 'Second patient age': '25' });
    }
    expect(file('transform_message').metadata.size).toBe(0);
  });

  it('texts and times', () => {
    expect(readString(file('string_message').content)).toBe('Welcome to OpenIGTLink');
    expect(readStatus(file('status_message').content)).toEqual({
      code: 15,
      name: 'ACTUATOR_DISABLED',
      message: 'Actuator A is disabled.',
    });
    // Its time is less than a second: 0x499602d4 of 2^32.
    expect(file('status_message').header.stampNs).toBe(287_445_236n);
  });
});

describe('MessageWriter', () => {
  it.each([1, 2] as const)('writes what the reader reads, header version %i', (version) => {
    const writer = new MessageWriter(roomOf, 2, 4096, version);
    const matrix = [0, -1, 0, 4, 1, 0, 0, 5, 0, 0, 1, 6, 0, 0, 0, 1];
    const metadata = { TransformStatus: 'OK', Größe: 'ä' };
    const head = { type: 'TRANSFORM', device: 'ProbeToTrackerAndFurtherOn', stampUs: 1_700_000_000_250_000 };
    const bytes = writer.write(1, head, transformBytes, (content) => writeTransform(content, matrix), metadata);
    expect(bytes.readBigUInt64BE(50)).toBe(slowCrc64(bytes.subarray(58)));
    const { header, content, metadata: read } = taken(bytes);
    expect(header).toMatchObject({ version, type: 'TRANSFORM', device: 'ProbeToTrackerAndFur' });
    expect(Number(header.stampNs - 1_700_000_000_250_000_000n)).toBeCloseTo(0, -1);
    expect(readPoses('TRANSFORM', content, 'x')).toEqual([{ tool: 'x', matrix }]);
    expect(Object.fromEntries(read)).toEqual(version === 1 ? {} : metadata);

    const tools = [
      { tool: 'Näh', matrix },
      { tool: 'B', matrix },
    ];
    const together = writer.write(0, { ...head, type: 'TDATA' }, trackingDataBytes(2), (target) => writeTrackingData(target, tools));
    expect(readPoses('TDATA', taken(together).content, '')).toEqual([
      { tool: 'N?h', matrix },
      { tool: 'B', matrix },
    ]);
    // A slot holds what was written until it is written again.
    expect(taken(bytes).header.type).toBe('TRANSFORM');
    expect(() => writer.write(0, head, 6000, () => undefined)).toThrow(RangeError);
  });

  it('writes texts, states and images', () => {
    expect(readString(stringContent('hello'))).toBe('hello');
    expect(readStatus(statusContent({ code: 13, name: 'NotReady', message: 'wait' }))).toEqual({
      code: 13,
      name: 'NotReady',
      message: 'wait',
    });
    const content = new Uint8Array(imageHeadBytes + 12).fill(0xee);
    writeImageHead(content, { width: 3, height: 2, pixelFormat: 'Y16', spacingMm: [0.5, 0.25] });
    const head = { components: 1, scalar: 'uint16', littleEndian: true, width: 3, height: 2, spacingMm: [0.5, 0.25] };
    expect(readImage(content)).toEqual(head);
    const field = new Uint8Array(4);
    writeText(field, 0, 4, 'ab');
    expect([...field]).toEqual([97, 98, 0, 0]);
  });
});

describe('what cannot be read is refused with a reason', () => {
  const short = Buffer.alloc(3);
  const notANumber = transform(1);
  notANumber.writeFloatBE(Number.NaN, 36);
  it.each([
    ['a TRANSFORM of three bytes', () => readPoses('TRANSFORM', short, 'x')],
    ['a TDATA that holds no whole tool', () => readPoses('TDATA', Buffer.alloc(71), 'x')],
    ['a QTDATA with a quaternion of nothing', () => readPoses('QTDATA', Buffer.alloc(50), 'x')],
    ['a POSITION of another length', () => readPoses('POSITION', Buffer.alloc(16), 'x')],
    ['a pose that is not a number', () => readPoses('TRANSFORM', notANumber, 'x')],
    ['a STRING longer than its message', () => readString(Buffer.from([0, 3, 0, 9, 65]))],
    ['a VIDEO without a head', () => videoCodec(short)],
    ['a STATUS without a head', () => readStatus(short)],
    ['an image without a head', () => readImage(short)],
  ])('%s', (_, read) => {
    expect(read).toThrow(expect.objectContaining({ code: 'openigtlink/bad-message' }));
  });

  it('a POSITION without rotation stands upright', () => {
    const place = Buffer.alloc(12);
    place.writeFloatBE(7, 4);
    expect(readPoses('POSITION', place, 'Tip')).toEqual([{ tool: 'Tip', matrix: [1, 0, 0, 0, 0, 1, 0, 7, 0, 0, 1, 0, 0, 0, 0, 1] }]);
    expect(readPoses('SENSOR', place, 'x')).toBeUndefined();
  });

  it('a gigabyte that is only announced', () => {
    const bytes = message('IMAGE', new Uint8Array(0), { bodyBytes: 2 ** 30 });
    expect(() => readHeader(bytes, 2 ** 26)).toThrow(expect.objectContaining({ code: 'openigtlink/not-a-header' }));
  });
});

/** The gate tries some of them; LUMENCAST_MUTATIONS=100000 the number for every parser. */
const mutations = Number(process.env.LUMENCAST_MUTATIONS ?? 10_000);

describe(`${mutations} mutations of every parser`, () => {
  const grey = image(new Uint8Array(12).fill(7), { width: 4, height: 3 });
  const twoTools = Buffer.alloc(trackingDataBytes(2));
  writeTrackingData(
    twoTools,
    [1, 2].map((x) => ({ tool: `T${x}`, matrix: [1, 0, 0, x, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] })),
  );
  const position = Buffer.alloc(28);
  position.writeFloatBE(1, 24);
  const quaternion = Buffer.alloc(50);
  quaternion.writeFloatBE(1, 46);

  it('a line of messages: each is taken, refused or found damaged, in the memory that was reserved', () => {
    const whole = Buffer.concat(
      [1, 2, 1, 2].map((version, index) => message(index < 2 ? 'IMAGE' : 'TRANSFORM', index < 2 ? grey : transform(1), { version })),
    );
    const random = seeded(7);
    const counted = { messages: 0, refused: 0, damaged: 0 };
    const sink = {
      message: () => void counted.messages++,
      damaged: () => void counted.damaged++,
    };
    const room = roomOf(4096);
    for (let round = 0; round < mutations; round++) {
      const receiver = new Receiver(room, 4096, sink);
      const mutant = mutantOf(whole, whole, random);
      try {
        for (let at = 0; at < mutant.length; at += 50) receiver.receive(mutant.subarray(at, at + 50));
      } catch (thrown) {
        expect((thrown as AppError).code).toBe('openigtlink/not-a-header');
        counted.refused++;
      }
    }
    expect(Math.min(counted.messages, counted.refused, counted.damaged)).toBeGreaterThan(mutations / 200);
  }, 120_000);

  const parsers: Readonly<Record<string, readonly [Buffer, (content: Buffer) => unknown]>> = {
    IMAGE: [grey, readImage],
    TRANSFORM: [transform(1), (content) => readPoses('TRANSFORM', content, 'x')],
    TDATA: [twoTools, (content) => readPoses('TDATA', content, 'x')],
    QTDATA: [quaternion, (content) => readPoses('QTDATA', content, 'x')],
    POSITION: [position, (content) => readPoses('POSITION', content, 'x')],
    STATUS: [statusContent({ code: 1, name: 'OK', message: 'all is well' }), readStatus],
    STRING: [stringContent('all is well'), readString],
    VIDEO: [Buffer.from('\0\x01VP9 \x03\x01', 'latin1'), videoCodec],
  };

  it.each(Object.keys(parsers))(
    '%s',
    (type) => {
      const [whole, read] = parsers[type] as (typeof parsers)[string];
      const random = seeded(11);
      for (let round = 0; round < mutations; round++) {
        const mutant = Buffer.from(mutantOf(whole, whole, random));
        try {
          const read_ = JSON.stringify(read(mutant));
          // What is not a number would be null.
          expect(read_ === undefined || !read_.includes('null')).toBe(true);
        } catch (thrown) {
          if (!(thrown instanceof AppError)) throw thrown;
          expect(thrown.code).toBe('openigtlink/bad-message');
        }
      }
    },
    120_000,
  );

  it('metadata: texts of the body itself, or a reason', () => {
    const body = message('TRANSFORM', transform(1), { version: 2, metadata: { TransformStatus: 'OK', Second: '2' } }).subarray(58);
    const random = seeded(13);
    let [read, refused] = [0, 0];
    for (let round = 0; round < mutations; round++) {
      const mutant = Buffer.from(mutantOf(body, body, random));
      const header = { version: 2, type: 'TRANSFORM', device: '', stampNs: 0n, bodyBytes: mutant.length, crc: 0n };
      try {
        const texts = readMetadata('TRANSFORM', mutant, bodyParts(header, mutant));
        expect([...texts.entries()].flat().join('').length).toBeLessThanOrEqual(mutant.length);
        read++;
      } catch (thrown) {
        if (!(thrown instanceof AppError)) throw thrown;
        expect(thrown.code).toBe('openigtlink/bad-message');
        refused++;
      }
    }
    expect(Math.min(read, refused)).toBeGreaterThan(mutations / 100);
  }, 120_000);
});
