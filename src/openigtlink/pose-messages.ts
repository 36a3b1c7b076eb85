import { printable } from '../app-error.ts';
import { type PoseMatrix, poseMatrix } from '../frame/pose.ts';
import { badMessage, readText, viewOf, writeText } from './header.ts';

/** A tool in a message; without a matrix the tracker does not see it. */
export interface ToolPose {
  readonly tool: string;
  readonly matrix: PoseMatrix | undefined;
}

const floatBytes = 4;
const matrixBytes = 12 * floatBytes;
const nameBytes = 20;
/** Name, type of the instrument, reserved. */
const toolHeadBytes = nameBytes + 2;
const tdataBytes = toolHeadBytes + matrixBytes;
const qtdataBytes = toolHeadBytes + 7 * floatBytes;
/** Regular instrument with six degrees of freedom. */
const sixDegrees = 2;

type Reader = (content: Uint8Array, device: string) => ToolPose[];

/** Readers of the messages that say where tools are, by type ("transform.md", "trackingdata.md", "qtrackingdata.md", "position.md"). */
const readers: Readonly<Record<string, Reader>> = {
  TRANSFORM(content, device) {
    if (content.length !== matrixBytes) throw badMessage('TRANSFORM', `${content.length} bytes, it has ${matrixBytes}`);
    return [{ tool: device, matrix: matrixAt(content, 0, 'TRANSFORM') }];
  },
  TDATA: (content) => toolsOf('TDATA', content, tdataBytes, (at) => matrixAt(content, at, 'TDATA')),
  QTDATA: (content) => toolsOf('QTDATA', content, qtdataBytes, (at) => turnedAt(content, at, 4, 'QTDATA')),
  POSITION(content, device) {
    const floats = content.length / floatBytes;
    if (![3, 6, 7].includes(floats)) throw badMessage('POSITION', `${content.length} bytes, it has 12, 24 or 28`);
    return [{ tool: device, matrix: turnedAt(content, 0, floats - 3, 'POSITION') }];
  },
};

/** The tools of a message of poses; undefined: it is none. Throws `openigtlink/bad-message`. */
export function readPoses(type: string, content: Uint8Array, device: string): readonly ToolPose[] | undefined {
  return Object.hasOwn(readers, type) ? (readers[type] as Reader)(content, device) : undefined;
}

function toolsOf(type: string, content: Uint8Array, each: number, matrixFrom: (at: number) => PoseMatrix): ToolPose[] {
  if (content.length % each !== 0) throw badMessage(type, `${content.length} bytes, each tool has ${each}`);
  return Array.from({ length: content.length / each }, (_, tool) => ({
    tool: printable(readText(content, tool * each, nameBytes), nameBytes),
    matrix: matrixFrom(tool * each + toolHeadBytes),
  }));
}

/** Twelve floats: the upper three rows, column by column. */
function matrixAt(content: Uint8Array, at: number, type: string): PoseMatrix {
  const view = viewOf(content);
  const matrix = Array.from({ length: 16 }, () => 0);
  for (let place = 0; place < 12; place++) {
    matrix[(place % 3) * 4 + Math.floor(place / 3)] = finite(view.getFloat32(at + place * floatBytes), type);
  }
  matrix[15] = 1;
  return matrix;
}

/** Place and rotation, as `turns` numbers of a quaternion: 0 none, 3 without its real part, 4 whole. */
function turnedAt(content: Uint8Array, at: number, turns: number, type: string): PoseMatrix {
  const view = viewOf(content);
  const floats = Array.from({ length: 3 + turns }, (_, index) => finite(view.getFloat32(at + index * floatBytes), type));
  const [x, y, z] = turns === 0 ? [0, 0, 0] : (floats.slice(3) as [number, number, number]);
  const real = turns === 4 ? (floats[6] as number) : Math.sqrt(Math.max(0, 1 - x * x - y * y - z * z));
  const length = Math.hypot(x, y, z, real);
  if (length < 1e-6) throw badMessage(type, 'its quaternion is zero');
  const unit = [x, y, z, real].map((part) => part / length);
  return poseMatrix(unit, floats);
}

function finite(value: number, type: string): number {
  if (!Number.isFinite(value)) throw badMessage(type, 'a pose that is not a number');
  return value;
}

export const transformBytes = matrixBytes;

export function writeTransform(content: Uint8Array, matrix: PoseMatrix, at = 0): void {
  const view = viewOf(content);
  for (let place = 0; place < 12; place++) {
    view.setFloat32(at + place * floatBytes, matrix[(place % 3) * 4 + Math.floor(place / 3)] as number);
  }
}

export const trackingDataBytes = (tools: number): number => tools * tdataBytes;

export function writeTrackingData(content: Uint8Array, tools: readonly { readonly tool: string; readonly matrix: PoseMatrix }[]): void {
  for (const [index, { tool, matrix }] of tools.entries()) {
    const at = index * tdataBytes;
    writeText(content, at, nameBytes, tool);
    content[at + nameBytes] = sixDegrees;
    content[at + nameBytes + 1] = 0;
    writeTransform(content, matrix, at + toolHeadBytes);
  }
}
