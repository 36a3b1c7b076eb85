import { constants, inflateRawSync } from 'node:zlib';
import dicomParser, { type DataSet, type Element } from 'dicom-parser';
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
    const exception = (thrown as { exception?: unknown } | undefined)?.exception ?? thrown;
    const reason = faultInWords(exception, partial, bytes.length);
    if (partial === undefined || !hasPixels) throw new AppError('replay/not-readable', { file, reason }, { cause: thrown });
    warn(`the file is damaged in its pixels or behind them, or cut off: ${reason}`);
    return { dataSet: partial, transferSyntax: metaSyntax(bytes) ?? guessed };
  }
}

/** What the parser stumbled over, and where: it speaks of its own parameters. */
function faultInWords(thrown: unknown, partial: DataSet | undefined, fileBytes: number): string {
  const { code = '', message } = typeof thrown === 'string' ? { message: thrown } : (thrown as NodeJS.ErrnoException);
  if (message.includes('0002,0010')) return 'its meta header names no transfer syntax (0002,0010)';
  if (code.startsWith('Z_')) return `its deflated data set cannot be inflated: ${printable(message)}`;
  if (code === 'ERR_BUFFER_TOO_LARGE') return 'its deflated data set is larger than any that is read';
  const bytes = partial?.byteArray?.length ?? fileBytes;
  const last = Object.values(partial?.elements ?? {}).reduce<Element | undefined>(
    (latest, element) => (latest === undefined || element.dataOffset > latest.dataOffset ? element : latest),
    undefined,
  );
  if (last === undefined) return `no element of its ${bytes} bytes can be read`;
  const name = `(${last.tag.slice(1, 5)},${last.tag.slice(5)})`;
  const end = last.dataOffset + last.length;
  if (last.hadUndefinedLength !== true && end > bytes) return `it ends at byte ${bytes}, ${name} should go on to byte ${end}`;
  return `its structure breaks off after ${name} at byte ${last.dataOffset} of ${bytes}`;
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
