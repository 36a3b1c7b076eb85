/**
 * The part of V4L2 that is used, as linux/videodev2.h has it on 64-bit systems of the general kind (x86-64, arm64, riscv64):
 * sizes and offsets in bytes, numbers of the calls. A test compares all of it with the C header.
 */
export const structures = {
  v4l2_capability: { size: 104, members: { driver: 0, card: 16, bus_info: 32 + 16, capabilities: 84, device_caps: 88 } },
  v4l2_fmtdesc: { size: 64, members: { index: 0, type: 4, flags: 8, description: 12, pixelformat: 44 } },
  v4l2_frmsizeenum: {
    size: 44,
    members: {
      index: 0,
      pixel_format: 4,
      type: 8,
      'discrete.width': 12,
      'discrete.height': 16,
      'stepwise.min_width': 12,
      'stepwise.max_width': 16,
      'stepwise.step_width': 20,
      'stepwise.min_height': 24,
      'stepwise.max_height': 28,
      'stepwise.step_height': 32,
    },
  },
  v4l2_frmivalenum: {
    size: 52,
    members: {
      index: 0,
      pixel_format: 4,
      width: 8,
      height: 12,
      type: 16,
      'discrete.numerator': 20,
      'discrete.denominator': 24,
      'stepwise.min.numerator': 20,
      'stepwise.min.denominator': 24,
    },
  },
  v4l2_input: { size: 80, members: { index: 0, name: 4, type: 36, std: 48, status: 56, capabilities: 60 } },
  v4l2_standard: { size: 72, members: { index: 0, id: 8, name: 16 } },
  v4l2_dv_timings: { size: 132, members: { type: 0, 'bt.width': 4, 'bt.height': 8, 'bt.interlaced': 12 } },
  v4l2_format: {
    size: 208,
    members: {
      type: 0,
      'fmt.pix.width': 8,
      'fmt.pix.height': 12,
      'fmt.pix.pixelformat': 16,
      'fmt.pix.field': 20,
      'fmt.pix.bytesperline': 24,
      'fmt.pix.sizeimage': 28,
      'fmt.pix.colorspace': 32,
      'fmt.pix.priv': 36,
      'fmt.pix.ycbcr_enc': 44,
      'fmt.pix.quantization': 48,
    },
  },
  v4l2_streamparm: {
    size: 204,
    members: {
      type: 0,
      'parm.capture.capability': 4,
      'parm.capture.timeperframe.numerator': 12,
      'parm.capture.timeperframe.denominator': 16,
    },
  },
  v4l2_requestbuffers: { size: 20, members: { count: 0, type: 4, memory: 8 } },
  v4l2_buffer: {
    size: 88,
    members: {
      index: 0,
      type: 4,
      bytesused: 8,
      flags: 12,
      field: 16,
      'timestamp.tv_sec': 24,
      'timestamp.tv_usec': 32,
      sequence: 56,
      memory: 60,
      'm.offset': 64,
      length: 72,
    },
  },
  v4l2_event_subscription: { size: 32, members: { type: 0, id: 4 } },
  v4l2_event: { size: 136, members: { type: 0, 'u.src_change.changes': 8 } },
} as const satisfies Record<string, { size: number; members: Record<string, number> }>;

type Structure = keyof typeof structures;
export type Member<Name extends Structure> = keyof (typeof structures)[Name]['members'] & string;

const scalarBytes = { int: 4, v4l2_std_id: 8 } as const;

/** Direction, number and argument of a call: `_IOC` of asm-generic/ioctl.h with the letter V. */
export const calls = {
  VIDIOC_QUERYCAP: ['read', 0, 'v4l2_capability'],
  VIDIOC_ENUM_FMT: ['both', 2, 'v4l2_fmtdesc'],
  VIDIOC_G_FMT: ['both', 4, 'v4l2_format'],
  VIDIOC_S_FMT: ['both', 5, 'v4l2_format'],
  VIDIOC_REQBUFS: ['both', 8, 'v4l2_requestbuffers'],
  VIDIOC_QUERYBUF: ['both', 9, 'v4l2_buffer'],
  VIDIOC_QBUF: ['both', 15, 'v4l2_buffer'],
  VIDIOC_DQBUF: ['both', 17, 'v4l2_buffer'],
  VIDIOC_STREAMON: ['write', 18, 'int'],
  VIDIOC_STREAMOFF: ['write', 19, 'int'],
  VIDIOC_G_PARM: ['both', 21, 'v4l2_streamparm'],
  VIDIOC_S_PARM: ['both', 22, 'v4l2_streamparm'],
  VIDIOC_S_STD: ['write', 24, 'v4l2_std_id'],
  VIDIOC_ENUMSTD: ['both', 25, 'v4l2_standard'],
  VIDIOC_ENUMINPUT: ['both', 26, 'v4l2_input'],
  VIDIOC_G_INPUT: ['read', 38, 'int'],
  VIDIOC_S_INPUT: ['both', 39, 'int'],
  VIDIOC_ENUM_FRAMESIZES: ['both', 74, 'v4l2_frmsizeenum'],
  VIDIOC_ENUM_FRAMEINTERVALS: ['both', 75, 'v4l2_frmivalenum'],
  VIDIOC_S_DV_TIMINGS: ['both', 87, 'v4l2_dv_timings'],
  VIDIOC_DQEVENT: ['read', 89, 'v4l2_event'],
  VIDIOC_SUBSCRIBE_EVENT: ['write', 90, 'v4l2_event_subscription'],
  VIDIOC_QUERY_DV_TIMINGS: ['read', 99, 'v4l2_dv_timings'],
} as const satisfies Record<string, readonly ['read' | 'write' | 'both', number, Structure | keyof typeof scalarBytes]>;

export type Call = keyof typeof calls;

export function callNumber(call: Call): number {
  const [direction, number, argument] = calls[call];
  const bytes = argument in structures ? structures[argument as Structure].size : scalarBytes[argument as keyof typeof scalarBytes];
  const way = { write: 1, read: 2, both: 3 }[direction];
  return way * 2 ** 30 + bytes * 2 ** 16 + 0x56 * 2 ** 8 + number;
}

/** Constants of the header by their names there; the test compares these too. */
export const constants = {
  V4L2_BUF_TYPE_VIDEO_CAPTURE: 1,
  V4L2_MEMORY_MMAP: 1,
  V4L2_CAP_VIDEO_CAPTURE: 0x1,
  V4L2_CAP_VIDEO_CAPTURE_MPLANE: 0x1000,
  V4L2_CAP_STREAMING: 0x4000000,
  V4L2_CAP_DEVICE_CAPS: 0x80000000,
  V4L2_CAP_TIMEPERFRAME: 0x1000,
  V4L2_FRMSIZE_TYPE_DISCRETE: 1,
  V4L2_FRMIVAL_TYPE_DISCRETE: 1,
  V4L2_FMT_FLAG_EMULATED: 0x2,
  V4L2_IN_ST_NO_POWER: 0x1,
  V4L2_IN_ST_NO_SIGNAL: 0x2,
  V4L2_IN_CAP_DV_TIMINGS: 0x2,
  V4L2_IN_CAP_STD: 0x4,
  V4L2_BUF_FLAG_ERROR: 0x40,
  V4L2_BUF_FLAG_TIMESTAMP_MASK: 0xe000,
  V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC: 0x2000,
  V4L2_EVENT_SOURCE_CHANGE: 5,
  V4L2_FIELD_ANY: 0,
  V4L2_FIELD_NONE: 1,
  V4L2_FIELD_TOP: 2,
  V4L2_FIELD_BOTTOM: 3,
  V4L2_FIELD_INTERLACED: 4,
  V4L2_FIELD_SEQ_TB: 5,
  V4L2_FIELD_SEQ_BT: 6,
  V4L2_FIELD_ALTERNATE: 7,
  V4L2_FIELD_INTERLACED_TB: 8,
  V4L2_FIELD_INTERLACED_BT: 9,
  V4L2_COLORSPACE_SMPTE170M: 1,
  V4L2_COLORSPACE_REC709: 3,
  V4L2_COLORSPACE_JPEG: 7,
  V4L2_COLORSPACE_SRGB: 8,
  V4L2_YCBCR_ENC_601: 1,
  V4L2_YCBCR_ENC_709: 2,
  V4L2_QUANTIZATION_FULL_RANGE: 1,
  V4L2_QUANTIZATION_LIM_RANGE: 2,
  V4L2_STD_PAL: 0xff,
  V4L2_STD_NTSC: 0xb000,
  V4L2_STD_SECAM: 0xff0000,
} as const;

/** Numbers of errno.h on Linux; the test compares them. */
export const errnos = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  EAGAIN: 11,
  EACCES: 13,
  EBUSY: 16,
  ENODEV: 19,
  EINVAL: 22,
  ENOTTY: 25,
  EPIPE: 32,
  ERANGE: 34,
  ENODATA: 61,
  ENOLINK: 67,
  ENOLCK: 37,
  ENOMEM: 12,
} as const;

/** The argument of a call: bytes with the members of a structure. */
export class Argument<Name extends Structure> {
  readonly bytes: Buffer;
  readonly #members: Readonly<Record<string, number>>;

  constructor(name: Name) {
    this.bytes = Buffer.alloc(structures[name].size);
    this.#members = structures[name].members;
  }

  get(member: Member<Name>): number {
    return this.bytes.readUInt32LE(this.#at(member));
  }

  getLong(member: Member<Name>): bigint {
    return this.bytes.readBigInt64LE(this.#at(member));
  }

  getText(member: Member<Name>, bytes: number): string {
    const at = this.#at(member);
    const text = this.bytes.toString('utf8', at, at + bytes);
    const end = text.indexOf('\0');
    return (end < 0 ? text : text.slice(0, end)).trim();
  }

  set(member: Member<Name>, value: number): this {
    this.bytes.writeUInt32LE(value, this.#at(member));
    return this;
  }

  #at(member: string): number {
    return this.#members[member] as number;
  }
}

/** `v4l2_fourcc` of videodev2.h: four letters, the first in the lowest byte. */
export const fourcc = (letters: string): number => Buffer.from(letters.padEnd(4), 'latin1').readUInt32LE(0);

/** The letters of a code, with what cannot be printed as a point; formats of the other byte order have the highest bit set. */
export function fourccName(code: number): string {
  const letters = Buffer.alloc(4);
  letters.writeUInt32LE((code & 0x7fffffff) >>> 0, 0);
  return (
    letters
      .toString('latin1')
      .replace(/[^\x20-\x7e]/g, '.')
      .trimEnd() + (code >= 2 ** 31 ? '-BE' : '')
  );
}
