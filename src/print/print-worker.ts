import { parentPort } from 'node:worker_threads';
import { asAppError, type ErrorReport } from '../app-error.ts';
import { openCodecs } from '../codec/node-codecs.ts';
import { type Belonging, belongsTo } from '../marks/belonging.ts';
import { clinicalValues, type ExaminedMark } from '../marks/clinical.ts';
import { keptPicture } from './kept-picture.ts';
import { type PrintDocument, type PrintedMark, type PrintedPicture, printedSheets } from './sheet.ts';

/** A print without its pixels, which are read here. */
export interface PrintTask extends Omit<PrintDocument, 'pictures' | 'measurements'> {
  readonly pictures: readonly (Pick<PrintedPicture, 'source' | 'kind'> & {
    readonly kept: string;
    readonly stream: number | undefined;
    readonly path: string;
    readonly atUs: number | undefined;
  })[];
  /** Of the whole examination. */
  readonly all: readonly (PrintedMark & Belonging & ExaminedMark)[];
}

export type PrintAnswer =
  | { readonly answer: 'pdf'; readonly pdf: Uint8Array<ArrayBuffer> }
  | { readonly answer: 'failed'; readonly error: ErrorReport };

async function printed({ pictures, all, ...print }: PrintTask): Promise<Uint8Array<ArrayBuffer>> {
  const codecs = await openCodecs();
  const read: PrintedPicture[] = [];
  for (const { kept, stream, path, atUs, source, kind } of pictures) {
    const picture = await keptPicture(codecs, path, source, atUs);
    const marks = all.filter((mark) => belongsTo(mark, { ...picture, kept, stream }));
    read.push({ ...picture, source, kind, marks });
  }
  return Uint8Array.from(await printedSheets({ ...print, pictures: read, measurements: clinicalValues(all) }));
}

parentPort?.once('message', (task: PrintTask) => {
  printed(task)
    .then((pdf) => parentPort?.postMessage({ answer: 'pdf', pdf } satisfies PrintAnswer, [pdf.buffer]))
    .catch((thrown) => {
      parentPort?.postMessage({ answer: 'failed', error: asAppError(thrown, 'print/failed').toJSON() } satisfies PrintAnswer);
    });
});
