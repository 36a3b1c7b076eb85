import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import Type, { type TSchema } from 'typebox';
import type { Access } from '../access/access.ts';
import { replaceFile } from '../access/data-folder.ts';
import { AppError, asAppError } from '../app-error.ts';
import { schemaFault } from '../config/schema-fault.ts';
import { isAtLeast } from '../protocol/roles.ts';
import { type Wall, type WallCell, WallSchema } from '../protocol/wall.ts';

const fileName = 'walls.json';
const mostWalls = 32;
const File: TSchema = Type.Object({ version: Type.Literal(1), streams: Type.Array(Type.String()), walls: Type.Array(WallSchema) });

/** What somebody may see. */
type Sight = Pick<Access, 'may' | 'role'>;

/** Somebody who changes layouts; `mayLose`: something kept that stands on one. */
export interface Arranger extends Pick<Access, 'may'> {
  mayLose(kept: string): boolean;
}

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

  /** Stills and clips that have a place on them. */
  get kept(): readonly string[] {
    return [...new Set(this.#walls.flatMap(({ cells }) => cells.flatMap(({ kept }) => kept ?? [])))];
  }

  /** As somebody sees them who may see only some streams; what is kept, only who marks. */
  seenBy({ may, role }: Sight): Wall[] {
    const marks = isAtLeast(role, 'marker');
    const seen = ({ stream, kept }: WallCell): boolean => (stream === undefined || may(stream)) && (kept === undefined || marks);
    return this.#walls.map((wall) => ({ ...wall, cells: wall.cells.map((cell) => (seen(cell) ? cell : {})) }));
  }

  /**
   * Replaces the one of that name. Resolves when it is on disk; throws `wall/bad`, `wall/too-many`, `wall/not-all-seen`,
   * `protocol/unknown-stream`, `access/folder-unusable`.
   */
  async save(wall: Wall, by: Arranger): Promise<void> {
    const unknown = wall.cells.find(({ stream }) => stream !== undefined && (this.#streamNames[stream] === undefined || !by.may(stream)));
    if (unknown?.stream !== undefined) throw new AppError('protocol/unknown-stream', { stream: unknown.stream });
    if (wall.cells.length !== wall.columns * wall.rows) {
      throw new AppError('wall/bad', { reason: `${wall.columns} by ${wall.rows} pictures, and ${wall.cells.length} are named` });
    }
    if (wall.cells.some(({ stream, kept }) => stream !== undefined && kept !== undefined))
      throw new AppError('wall/bad', { reason: 'a place has a stream and something kept' });
    await this.#change((walls) => {
      const others = without(walls, wall.name, by);
      if (others.length >= mostWalls) throw new AppError('wall/too-many', { limit: mostWalls });
      return [...others, wall].toSorted((a, b) => a.name.localeCompare(b.name));
    });
  }

  /** Throws `wall/unknown`, `wall/not-all-seen`, `access/folder-unusable`. */
  async discard(name: string, by: Arranger): Promise<void> {
    await this.#change((walls) => {
      const others = without(walls, name, by);
      if (others.length === walls.length) throw new AppError('wall/unknown', { name });
      return others;
    });
  }

  /** One after the other; what is told is on disk. */
  #change(change: (walls: readonly Wall[]) => readonly Wall[]): Promise<void> {
    const written = this.#written.then(() => this.#write(change(this.#walls)));
    this.#written = written.catch(() => undefined);
    return written;
  }

  async #write(walls: readonly Wall[]): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await replaceFile(this.#folder, fileName, JSON.stringify({ version: 1, streams: this.#streamNames, walls }));
    } catch (thrown) {
      throw asAppError(thrown, 'access/folder-unusable', { folder: this.#folder });
    }
    this.#walls = walls;
    this.changed$.next();
  }
}

/** All but the one of that name, which is to go. What somebody does not see is not lost through them. */
function without(walls: readonly Wall[], name: string, by: Arranger): readonly Wall[] {
  const going = walls.find((wall) => wall.name === name);
  const hidden = ({ stream, kept }: WallCell): boolean =>
    (stream !== undefined && !by.may(stream)) || (kept !== undefined && !by.mayLose(kept));
  if (going?.cells.some(hidden) === true) throw new AppError('wall/not-all-seen', { name });
  return walls.filter((wall) => wall !== going);
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
