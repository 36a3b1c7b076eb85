import { parentPort } from 'node:worker_threads';
import { openRecording } from '../../device-drivers/replay/open-recording.ts';
import { asAppError, type ErrorReport } from '../app-error.ts';
import { type Report, reportOn } from './report.ts';

export interface InspectTask {
  readonly path: string;
  /** The name used in the report and in errors. */
  readonly file: string;
  readonly all: boolean;
}

export type InspectNews =
  /** It is about to be decoded. */
  { readonly news: 'frame'; readonly frame: number } | InspectAnswer;

export type InspectAnswer = { readonly news: 'report'; readonly report: Report } | { readonly news: 'failed'; readonly error: ErrorReport };

parentPort?.on('message', ({ path, file, all }: InspectTask) => {
  openRecording(path)
    .then((recording) => reportOn(recording, file, all, (frame) => tell({ news: 'frame', frame })))
    .then((report) => tell({ news: 'report', report }))
    .catch((thrown) => tell({ news: 'failed', error: asAppError(thrown, 'replay/not-readable', { file }).toJSON() }));
});

function tell(news: InspectNews): void {
  parentPort?.postMessage(news);
}
