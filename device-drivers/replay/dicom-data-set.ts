import { constants, inflateRawSync } from 'node:zlib';
import dicomParser, { type DataSet } from 'dicom-parser';
import { AppError, printable } from '../../src/app-error.ts';
import { reading } from './dicom-elements.ts';
import { maxFileBytes } from './recording.ts';
import { explicitBig, explicitLittle, implicitLittle } from './transfer-syntax.ts';

export interface Parsed {
  readonly dataSet: DataSet;
  readonly transferSyntax: string;
}

/** Reads everything up to the pixels; what stands behind them may be damaged. Throws `replay/not-readable`. */
export function parseDicom(bytes: Uint8Array, file: string, warn: (text: string) => void): Parsed {
  // The parser reads what this answers from its beginning: it is the data set alone, without the meta header before it.
  const inflater = (byteArray: Uint8Array, position: number): Uint8Array =>
    inflateRawSync(byteArray.subarray(position), { maxOutputLength: maxFileBytes / 4, finishFlush: constants.Z_SYNC_FLUSH });
  knownValueRepresentations(bytes);
  const mislabelled = mislabelledDataSet(bytes);
  if (mislabelled !== undefined) {
    warn('its transfer syntax is not the one it is written in, implicit and explicit VR are mixed up');
    return parseDicom(mislabelled, file, warn);
  }
  const isPart10 = String.fromCharCode(...bytes.subarray(128, 132)) === 'DICM';
  // Without a meta header the transfer syntax shows in the first element: a VR of two letters means explicit.
  const guessed = guessSyntax(isPart10 ? bytes.subarray(132) : bytes);
  try {
    // A trailer that is no element ends a strict reader; everything up to the pixels has been read by then.
    const dataSet = dicomParser.parseDicom(bytes, {
      inflater,
      ...(isPart10 ? {} : { TransferSyntaxUID: guessed }),
    } as Parameters<typeof dicomParser.parseDicom>[1]);
    return { dataSet, transferSyntax: metaSyntax(bytes) ?? guessed };
  } catch (thrown) {
    const partial = (thrown as { dataSet?: DataSet } | undefined)?.dataSet;
    const hasPixels = partial?.elements.x7fe00010 !== undefined;
    const words =
      typeof thrown === 'string' ? thrown : ((thrown as { exception?: unknown })?.exception ?? (thrown as Error)?.message ?? thrown);
    const reason = printable(String(words));
    if (partial === undefined || !hasPixels) throw new AppError('replay/not-readable', { file, reason }, { cause: thrown });
    warn(`the file is damaged in its pixels or behind them, or cut off: ${reason}`);
    return { dataSet: partial, transferSyntax: metaSyntax(bytes) ?? guessed };
  }
}

/**
 * The extended offset table and its lengths (PS3.3 C.7.6.3.1.8) are of VR OV, which came to PS3.5 in 2019 and which the parser
 * does not know: it would read their length from the wrong bytes. OB is laid out alike.
 */
function knownValueRepresentations(bytes: Uint8Array): void {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const element of [1, 2]) {
    const at = file.indexOf(Buffer.of(0xe0, 0x7f, element, 0, 0x4f, 0x56, 0, 0));
    if (at >= 0) bytes[at + 5] = 0x42;
  }
}

/** A reader that stopped half-way has not joined the meta header to what it read. */
function metaSyntax(bytes: Uint8Array): string | undefined {
  return reading(() => dicomParser.readPart10Header(bytes).string('x00020010'));
}

/** The data set alone, where its first element shows that it is not of the (little-endian, uncompressed) syntax announced. */
function mislabelledDataSet(bytes: Uint8Array): Uint8Array | undefined {
  const announced = metaSyntax(bytes);
  if (announced !== implicitLittle && announced !== explicitLittle) return undefined;
  const groupLength = reading(() => dicomParser.readPart10Header(bytes).uint32('x00020000'));
  // The preamble, the mark and the element with the group's length come before what it counts.
  const dataSet = groupLength === undefined ? undefined : bytes.subarray(128 + 4 + 12 + groupLength);
  if (dataSet === undefined || dataSet.length < 8 || dataSet[0] !== 8 || dataSet[1] !== 0) return undefined;
  return guessSyntax(dataSet) === announced ? undefined : dataSet;
}

function guessSyntax(bytes: Uint8Array): string {
  const letters = String.fromCharCode(bytes[4] ?? 0, bytes[5] ?? 0);
  if (!/^[A-Z]{2}$/.test(letters)) return implicitLittle;
  return bytes[0] === 0 && bytes[1] !== 0 ? explicitBig : explicitLittle;
}
