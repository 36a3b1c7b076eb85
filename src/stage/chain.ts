import { Value } from 'typebox/value';
import { AppError } from '../app-error.ts';
import { schemaFault } from '../config/schema-fault.ts';
import type { FrameTruth } from '../frame/frame.ts';
import { bytesPerPixel, type FrameFormat } from '../frame/frame-format.ts';
import type { StageState } from '../protocol/messages.ts';
import type { OpenStage, Stage, StageRoom } from './stage.ts';
import { enabledByDefault, stages } from './stages.ts';

export interface StageSettings {
  readonly stage: string;
  readonly enabled: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A stage in its place of the chain. */
interface Link {
  readonly stage: Stage;
  readonly scratch: number;
  enabled: boolean;
  options: Record<string, unknown>;
  /** What it was opened for; reopened when the pictures that reach it change. */
  opened: { readonly input: FrameFormat; readonly output: FrameFormat; readonly as: OpenStage<Record<string, unknown>> } | undefined;
}

/**
 * The stages of one stream over one format: fixed order, each on or off. Scratch for all of them is reserved at once, so
 * that switching allocates nothing and loses no frame. The source picture is never altered: pictures go back and forth
 * between two buffers, the last stage writes the target.
 */
export class StageChain {
  readonly #input: FrameFormat;
  readonly #room: StageRoom;
  readonly #links: readonly Link[];
  readonly #buffers: readonly [number, number];
  #active: readonly OpenStage<Record<string, unknown>>[] = [];
  #output: FrameFormat;

  /** `settings` name what differs from the defaults, in any order: pictures pass the stages in the order of stages.ts. Throws stage/… errors. */
  constructor(settings: readonly StageSettings[], input: FrameFormat, room: StageRoom) {
    this.#input = input;
    this.#output = input;
    this.#room = room;
    let scratch = align(room.scratch);
    const reserve = (bytes: number): number => {
      const at = scratch;
      scratch = align(scratch + bytes);
      return at;
    };
    this.#buffers = [reserve(largestPicture(input)), reserve(largestPicture(input))];
    this.#links = stages.map((stage) => ({
      stage,
      scratch: reserve(stage.scratchBytes(input)),
      enabled: enabledByDefault.includes(stage.name),
      options: Value.Default(stage.options, {}) as Record<string, unknown>,
      opened: undefined,
    }));
    for (const { stage, enabled, options } of settings) {
      if (settings.filter((other) => other.stage === stage).length > 1) throw new AppError('stage/twice', { stage });
      this.#change(stage, { enabled, options });
    }
    this.#connect();
  }

  /** Bytes that a chain over this format needs behind `room.scratch`. */
  static scratchBytes(input: FrameFormat): number {
    const own = stages.reduce((total, stage) => total + align(stage.scratchBytes(input)), 0);
    return own + 2 * align(largestPicture(input)) + 64;
  }

  /** Format of the pictures that leave the chain. */
  get output(): FrameFormat {
    return this.#output;
  }

  /** False: nothing to do, the source picture is the result. */
  get active(): boolean {
    return this.#active.length > 0;
  }

  get overlayBurnedIn(): boolean {
    return this.#links.some(({ stage, enabled, opened }) => stage.name === 'overlay' && enabled && opened !== undefined);
  }

  /** Changes one stage between two frames; temporal stages that the change does not reach keep what they have learnt. */
  set(stage: string, change: { readonly enabled?: boolean; readonly options?: Readonly<Record<string, unknown>> }): void {
    this.#change(stage, change);
    this.#connect();
  }

  /** Runs the active stages from `source` to `target`; at least one must be active. */
  apply(source: number, target: number, truth: FrameTruth): void {
    const last = this.#active.length - 1;
    let from = source;
    for (let index = 0; index <= last; index++) {
      const to = index === last ? target : (this.#buffers[index & 1] as number);
      this.#active[index]?.apply(from, to, truth);
      from = to;
    }
  }

  settings(): StageSettings[] {
    return this.#links.map(({ stage, enabled, options }) => ({ stage: stage.name, enabled, options: { ...options } }));
  }

  states(): StageState[] {
    return this.#links.map(({ stage, enabled, options, opened }) => ({
      stage: stage.name,
      title: stage.title,
      enabled,
      applied: enabled && opened !== undefined,
      options: { ...options },
      schema: JSON.parse(JSON.stringify(stage.options)) as unknown,
    }));
  }

  #change(name: string, change: { readonly enabled?: boolean; readonly options?: Readonly<Record<string, unknown>> }): void {
    const link = this.#links.find(({ stage }) => stage.name === name);
    if (link === undefined) throw new AppError('stage/unknown', { stage: name, known: stages.map((stage) => stage.name).join(', ') });
    const options = { ...link.options, ...change.options };
    const fault = schemaFault(link.stage.options, options);
    if (fault !== undefined) {
      const value = fault.kind === 'bad-value' ? fault.value : 'not a known option';
      throw new AppError('stage/bad-option', { stage: name, option: fault.key, value, allowed: fault.allowed });
    }
    link.options = options;
    link.enabled = change.enabled ?? link.enabled;
  }

  #connect(): void {
    const active: OpenStage<Record<string, unknown>>[] = [];
    let format = this.#input;
    for (const link of this.#links) {
      const output = link.enabled ? link.stage.output(format, link.options) : undefined;
      if (output === undefined) {
        link.opened = undefined;
        continue;
      }
      const { opened } = link;
      if (opened?.input.pixelFormat === format.pixelFormat && opened.output.pixelFormat === output.pixelFormat)
        opened.as.configure(link.options);
      else link.opened = { input: format, output, as: link.stage.open(format, link.options, { ...this.#room, scratch: link.scratch }) };
      if (link.opened !== undefined) active.push(link.opened.as);
      format = output;
    }
    this.#active = active;
    this.#output = format;
  }
}

const align = (offset: number): number => (offset + 63) & ~63;

const largestPicture = ({ width, height }: FrameFormat): number => width * height * bytesPerPixel.RGB24;
