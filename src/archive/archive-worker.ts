import { parentPort, Worker, workerData } from 'node:worker_threads';
import { AppError, asAppError, type ErrorReport } from '../app-error.ts';
import { acts } from './acts.ts';
import type { ArchiveAnswer, ArchiveNews, ArchiveOrder, ArchiveSetup } from './archive-orders.ts';
import { clearLeftovers, type Leftovers } from './leftovers.ts';
import { type Scope, writeJournal } from './scope.ts';
import { isDamage, resultCode, resultCodes } from './sqlite.ts';
import { openStore, type Store } from './store.ts';

type Act = Exclude<ArchiveOrder, { act: 'close' }>;

/** So many acts go into one transaction at most; the others wait for the next one. */
const mostTogether = 512;
/** SQLITE_CONSTRAINT_FOREIGNKEY, https://www.sqlite.org/rescode.html. */
const foreignKeyCode = 787;
const none: Leftovers = { missing: [], unknown: [], torn: [] };
const archiveItself = { name: 'archive', key: '' };

const { folder, nowUs, first, checkFirstBytes, keepsTorn } = workerData as ArchiveSetup;
const tell = (news: ArchiveNews): void => parentPort?.postMessage(news);

/** Takes orders while the store is opened and does those that wait together. */
class Clerk {
  readonly #waiting: Act[] = [];
  #store: Store | undefined;
  #checking: Worker | undefined;
  #line = 0;
  #isAwake = false;
  #isClosing = false;

  hear(order: ArchiveOrder): void {
    if (order.act === 'close') this.#isClosing = true;
    else this.#waiting.push(order);
    this.#wake();
  }

  async open(): Promise<void> {
    const store = await openStore(folder, nowUs, checkFirstBytes);
    const journal = store.database.selectFrom('journal').select((e) => e.fn.max('id').as('line'));
    this.#line = Number((await journal.executeTakeFirst())?.line ?? 0);
    this.#store = store;
    const leftovers = first && !store.readOnly ? await clearLeftovers(folder, store.database, keepsTorn) : none;
    await this.#writeFindings(store, leftovers);
    const missing = leftovers.missing.length === 0 ? undefined : new AppError('archive/files-missing', { count: leftovers.missing.length });
    const error = store.damage ?? missing;
    tell({ news: 'opened', readOnly: store.readOnly, torn: leftovers.torn, ...(error !== undefined && { error: error.toJSON() }) });
    if (!store.isChecked) this.#check();
    this.#wake();
  }

  /** Looks at every row, beside the work. */
  #check(): void {
    this.#checking = new Worker(new URL('./check-worker.ts', import.meta.url), { workerData: folder, name: 'archive-check' });
    this.#checking.on('message', (error: ErrorReport) => tell({ news: 'broken', error }));
    // What cannot be looked at now is found when it is read.
    this.#checking.on('error', () => undefined);
  }

  #wake(): void {
    if (this.#isAwake || this.#store === undefined) return;
    this.#isAwake = true;
    // After all messages that are there: they share a transaction.
    setImmediate(() => void this.#work(this.#store as Store));
  }

  async #work(store: Store): Promise<void> {
    while (this.#waiting.length > 0) tellAnswers(await this.#together(store, this.#waiting.splice(0, mostTogether)));
    this.#isAwake = false;
    if (!this.#isClosing) return;
    await this.#checking?.terminate();
    await store[Symbol.asyncDispose]();
    parentPort?.close();
  }

  /** One transaction for all; where one of them fails, one for each, so that it harms no other. */
  async #together(store: Store, orders: readonly Act[]): Promise<Answered[]> {
    try {
      return await store.database.transaction().execute(async (database) => {
        const answered: Answered[] = [];
        for (const { act, number, given } of orders) {
          const perform = acts[act] as (scope: Scope, given: unknown) => Promise<unknown>;
          answered.push({ number, value: await perform(this.#scope(database), given) });
        }
        return answered;
      });
    } catch (thrown) {
      const [only, other] = orders;
      if (only !== undefined && other === undefined) return [{ number: only.number, thrown: asUnknown(thrown, only) }];
    }
    const answered: Answered[] = [];
    for (const order of orders) answered.push(...(await this.#together(store, [order])));
    return answered;
  }

  #scope(database: Scope['database']): Scope {
    return {
      database,
      folder,
      nextLine: () => ++this.#line,
      foundDamaged: (table) => tell({ news: 'broken', error: new AppError('archive/row-damaged', { table }).toJSON() }),
    };
  }

  async #writeFindings({ database, readOnly, damage }: Store, { missing, unknown }: Leftovers): Promise<void> {
    if (readOnly) return;
    const lines = [
      ...(damage === undefined ? [] : [{ act: 'recover' }]),
      ...missing.map(({ study, id }) => ({ act: 'file-missing', study, object: id })),
      ...unknown.map(({ study, id }) => ({ act: 'file-unknown', study, object: id })),
    ];
    await database.transaction().execute(async (transaction) => {
      for (const line of lines) {
        const told = transaction.selectFrom('journal').select('id').where('act', '=', line.act);
        const before = 'object' in line ? await told.where('object', '=', line.object).executeTakeFirst() : undefined;
        if (before === undefined) await writeJournal(this.#scope(transaction), archiveItself, nowUs, line);
      }
    });
  }
}

type Answered = { readonly number: number; readonly value: unknown } | { readonly number: number; readonly thrown: unknown };

function tellAnswers(answered: readonly Answered[]): void {
  const answers = answered.map((answer): ArchiveAnswer => {
    return 'thrown' in answer ? { number: answer.number, error: archiveError(answer.thrown).toJSON() } : answer;
  });
  tell({ news: 'answers', answers });
  const failure = answered.find((answer) => 'thrown' in answer && breaksStore(answer.thrown));
  if (failure !== undefined && 'thrown' in failure) tell({ news: 'broken', error: archiveError(failure.thrown).toJSON() });
}

/** Whatever is put into an examination refers to it. */
function asUnknown(thrown: unknown, { given }: Act): unknown {
  if ((thrown as { errcode?: unknown }).errcode !== foreignKeyCode || !('examination' in given)) return thrown;
  return new AppError('examination/unknown', { examination: given.examination }, { cause: thrown });
}

/** After these the store is opened anew: what lies in memory may no longer be what lies on disk. */
function breaksStore(thrown: unknown): boolean {
  const code = resultCode(thrown);
  return isDamage(thrown) || code === resultCodes.inputOutput || code === resultCodes.readOnly || code === resultCodes.cannotOpen;
}

function archiveError(thrown: unknown): AppError {
  const code = resultCode(thrown);
  if (code === resultCodes.full) return new AppError('archive/full');
  if (code === resultCodes.readOnly) return new AppError('archive/read-only');
  if (isDamage(thrown)) return new AppError('archive/row-damaged', { table: 'archive' });
  return asAppError(thrown, 'archive/failed');
}

const clerk = new Clerk();
parentPort?.on('message', (order: ArchiveOrder) => clerk.hear(order));
clerk.open().catch((thrown) => tell({ news: 'refused', error: archiveError(thrown).toJSON() }));
