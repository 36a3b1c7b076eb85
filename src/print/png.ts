import { crc32, deflateSync } from 'node:zlib';

/** Grey or RGB pixels with 8 bits each as PNG (ISO/IEC 15948), exact. */
export function encodePng(width: number, height: number, channels: 1 | 3, pixels: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = channels === 1 ? 0 : 2;
  const data = deflateSync(filtered(height, width * channels, pixels), { level: 6 });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Filter "Up" (9.2): differences to the line above are what deflate packs best in pictures that are smooth downwards. */
const up = 2;

function filtered(height: number, rowBytes: number, pixels: Uint8Array): Buffer {
  const out = Buffer.alloc(height * (rowBytes + 1));
  for (let y = 0; y < height; y++) {
    const [from, to] = [y * rowBytes, y * (rowBytes + 1)];
    out[to] = up;
    for (let x = 0; x < rowBytes; x++) out[to + 1 + x] = pixels[from + x]! - (y === 0 ? 0 : pixels[from - rowBytes + x]!);
  }
  return out;
}

function chunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
