import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../app-error.ts';
import { databaseName } from './file-names.ts';
import { isDamage } from './sqlite.ts';
import { mustBeWhole } from './store.ts';

/** Looks at every row of a store that is in use, and tells where one is not as it was written. */
mustBeWhole(join(workerData as string, databaseName)).catch((thrown) => {
  if (!isDamage(thrown)) throw thrown;
  parentPort?.postMessage(new AppError('archive/row-damaged', { table: 'archive' }).toJSON());
});
