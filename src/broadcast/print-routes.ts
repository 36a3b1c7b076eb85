import type { FastifyInstance, FastifyReply } from 'fastify';
import { type Access, refuseBelow } from '../access/access.ts';
import type { Door } from '../access/door.ts';
import { AppError } from '../app-error.ts';
import type { ExaminationContent, ExaminationRecord } from '../examination/record.ts';
import { parseMark } from '../marks/mark.ts';
import { type PrintOrder, parsePrintOrder } from '../print/order.ts';
import type { PrintTask } from '../print/print-worker.ts';
import { Printer } from '../print/printer.ts';
import type { SharedMark } from '../protocol/examination-messages.ts';
import { isAtLeast } from '../protocol/roles.ts';

/** What the examinations know of what is printed. */
type PrintSource = Pick<ExaminationRecord, 'open' | 'content' | 'fileOf'>;

interface PrintHost {
  readonly room: string;
  readonly door: Door;
  readonly source: PrintSource | undefined;
  nowUs(): number;
}

/** An order of sixty pictures. */
const longestOrderBytes = 16 * 1024;

/** `POST /print`: kept stills and frames of clips as PDF. What is printed stands in the body and never in an address, which is logged on the way. */
export function servePrints(http: FastifyInstance, host: PrintHost): void {
  const printer = new Printer();
  http.post('/print', { bodyLimit: longestOrderBytes }, async (request, reply) => {
    const access = host.door.admit(request.raw);
    refuseBelow('marker', access, 'printing');
    const order = parsePrintOrder(request.body);
    const task = await taskOf(host, access, order);
    const pdf = await printer.print(task, whileWanted(reply, access));
    return reply
      .header('cache-control', 'no-store')
      .header('content-disposition', 'inline; filename="lumencast.pdf"')
      .type('application/pdf')
      .send(Buffer.from(pdf.buffer));
  });
}

/** Aborted when the browser has gone, or whoever asked may not see it any more. */
function whileWanted(reply: FastifyReply, access: Access): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort(new AppError('print/failed', { reason: 'whoever asked for it has gone' })));
  return AbortSignal.any([gone.signal, access.ended]);
}

/** Throws access/…, examination/… and print/not-there, also for what this viewer must not know of. */
async function taskOf({ room, source, nowUs }: PrintHost, access: Access, order: PrintOrder): Promise<PrintTask> {
  if (source === undefined) throw new AppError('examination/off', { what: 'the print was not made' });
  const { examination, kept, marks } = await contentFor(source, access, order.examination);
  const seen = ({ stream }: { readonly stream?: number }): boolean => (stream === undefined ? access.everyStream : access.may(stream));
  const pictures = order.pictures.map(({ kept: id, atUs }) => {
    const found = kept.find((one) => one.kept === id && one.state === 'kept' && seen(one));
    if (found === undefined) throw new AppError('print/not-there', { what: `${id} of the examination` });
    return { kept: id, stream: found.stream, path: source.fileOf(order.examination, id), atUs, source: found.source, kind: found.kind };
  });
  const { language, timeZone, paper, layout } = order;
  return {
    language,
    timeZone,
    paper,
    layout,
    room,
    marks: order.marks,
    printedUs: nowUs(),
    openedUs: examination.openedUs,
    patient: order.patient && isAtLeast(access.role, 'marker') ? (examination.patient ?? 'nobody') : undefined,
    pictures,
    all: marks.filter(seen).map(printedMark),
  };
}

/** Throws access/not-permitted where it is not the one that is open, and only operators may look into others. */
async function contentFor(source: PrintSource, access: Access, examination: string): Promise<ExaminationContent> {
  const open = await source.open();
  if (open?.examination.examination === examination) return open;
  refuseBelow('operator', access, 'earlier examinations');
  if (!access.everyStream) throw new AppError('access/not-all-streams');
  return await source.content(examination);
}

const printedMark = ({ shape, picture, rPeaksUs, author, stream, kept, fromUs, untilUs }: SharedMark): PrintTask['all'][number] => ({
  shape: parseMark(shape, picture),
  picture,
  rPeaksUs,
  author: author.name,
  stream,
  kept,
  fromUs,
  untilUs,
});
