import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import Type, { type TSchema } from 'typebox';
import { replaceFile } from '../access/data-folder.ts';
import { AppError, asAppError } from '../app-error.ts';
import { schemaFault } from '../config/schema-fault.ts';
import { type Wall, WallSchema } from '../protocol/wall.ts';

const fileName = 'walls.json';
const mostWalls = 32;
const File: TSchema = Type.Object({ version: Type.Literal(1), streams: Type.Array(Type.String()), walls: Type.Array(WallSchema) });

/** The layouts of a room, the same for every monitor in it; they outlive the server. */
export class Walls {
  readonly changed$ = new Subject<void>();
  readonly #folder: string;
  readonly #streamNames: readonly string[];
  #walls: readonly Wall[];
  #written: Promise<void> = Promise.resolve();

  constructor(folder: string, streamNames: readonly string[]) {
    this.#folder = folder;
    this.#streamNames = streamNames;
    this.#walls = readWalls(join(folder, fileName), streamNames);
  }

  /** As somebody sees them who may see only some streams. */
  seenBy(may: (stream: number) => boolean): Wall[] {
    return this.#walls.map((wall) => ({
      ...wall,
      cells: wall.cells.map((cell) => (cell.stream === undefined || may(cell.stream) ? cell : {})),
    }));
  }

  /** Replaces the one of that name. Resolves when it is on disk; throws `wall/bad` and `wall/too-many`. */
  save(wall: Wall): Promise<void> {
    if (wall.cells.length !== wall.columns * wall.rows) {
      throw new AppError('wall/bad', { reason: `${wall.columns} by ${wall.rows} pictures, and ${wall.cells.length} are named` });
    }
    const others = this.#walls.filter(({ name }) => name !== wall.name);
    if (others.length >= mostWalls) throw new AppError('wall/too-many', { limit: mostWalls });
    return this.#keep([...others, wall].toSorted((a, b) => a.name.localeCompare(b.name)));
  }

  /** Throws `wall/unknown`. */
  discard(name: string): Promise<void> {
    const others = this.#walls.filter((wall) => wall.name !== name);
    if (others.length === this.#walls.length) throw new AppError('wall/unknown', { name });
    return this.#keep(others);
  }

  /** What is told is on disk. */
  #keep(walls: readonly Wall[]): Promise<void> {
    this.#walls = walls;
    const content = JSON.stringify({ version: 1, streams: this.#streamNames, walls });
    const written = this.#written.then(async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await replaceFile(this.#folder, fileName, content);
    });
    this.#written = written.catch(() => undefined);
    return written.then(
      () => this.changed$.next(),
      (thrown: unknown) => {
        throw asAppError(thrown, 'access/folder-unusable', { folder: this.#folder });
      },
    );
  }
}

interface Content {
  readonly streams: readonly string[];
  readonly walls: readonly Wall[];
}

/** Streams are known again by their names: their numbers may be others after the room file was changed. */
function readWalls(file: string, streamNames: readonly string[]): readonly Wall[] {
  const content = readContent(file);
  if (content === undefined) return [];
  const numberNow = (stream: number): number => streamNames.indexOf(content.streams[stream] ?? '');
  return content.walls.map((wall) => ({
    ...wall,
    cells: wall.cells.map((cell) => {
      if (cell.stream === undefined) return cell;
      const stream = numberNow(cell.stream);
      return stream < 0 ? {} : { stream };
    }),
  }));
}

/** A layout is soon made again: a file that is damaged counts as none. */
function readContent(file: string): Content | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return schemaFault(File, value) === undefined ? (value as Content) : undefined;
  } catch {
    return undefined;
  }
}
