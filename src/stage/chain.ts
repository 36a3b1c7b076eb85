import { AppError } from '../app-error.ts';
import { aligned } from '../frame/aligned.ts';
import type { FrameTruth } from '../frame/frame.ts';
import { bytesPerPixel, type FrameFormat } from '../frame/frame-format.ts';
import type { StageState } from '../protocol/messages.ts';
import { annotation } from './annotation.ts';
import { greyOf, greyPlaneSteps } from './grey-plane.ts';
import { overlay } from './overlay.ts';
import type { OpenStage, Stage, StageRoom } from './stage.ts';
import { allowedOptions, defaultOptions, stateOf } from './stage-state.ts';
import { enabledByDefault, frozenStages, stages } from './stages.ts';

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
  opened:
    | {
        readonly input: FrameFormat;
        readonly output: FrameFormat;
        readonly as: OpenStage<Record<string, unknown>>;
        /** The settings it works with: drawing an overlay anew takes longer than a frame has. */
        options: Record<string, unknown>;
      }
    | undefined;
}

/** An active stage between the pictures that it takes and gives. */
interface Step {
  readonly link: Link;
  readonly input: FrameFormat;
  readonly output: FrameFormat;
}

/** Rows from `first` up to, not with, `end`. */
interface Rows {
  readonly first: number;
  readonly end: number;
}

/** Stages that work on a picture one after the other, all on the whole of it or all on bands of its rows. */
interface Segment {
  readonly stages: readonly AnyStage[];
  readonly input: FrameFormat;
  readonly output: FrameFormat;
  /** The rows that a band answers for, and those that it looks at; undefined: the whole picture, on the caller's core. */
  readonly rows: { readonly own: Rows; readonly seen: Rows } | undefined;
}

/** Some of the steps, and how far they look beyond a row all together. */
interface Run {
  readonly steps: readonly Step[];
  readonly shared: boolean;
  readonly reach: number;
}

type AnyStage = OpenStage<Record<string, unknown>>;

/** One of `count` bands of rows into which a picture is shared out. */
export interface Band {
  readonly index: number;
  readonly count: number;
}

/** What a band of rows is processed from and to: byte offsets of whole pictures, and what was measured of the whole source. */
export interface BandWork {
  readonly segment: number;
  readonly source: number;
  readonly target: number;
  readonly measured: number;
}

/** The others, who work on their bands of the same picture in the same memory. */
export interface BandCrew {
  /** Sets them to work on a segment of the chain; answers at once. */
  begin(work: BandWork, truth: FrameTruth): void;
  /** Waits until they are done, bounded; false: one is not. */
  finish(): boolean;
}

/**
 * Most rows that a band takes in beyond its own on either side, so that no stage sees the seam: what its edge spoils stays within
 * the sum of the stages' reaches. Taken in steps, so that temporal stages mostly stay open while others are switched.
 */
const [mostHaloRows, haloStep] = [32, 8] as const;

/**
 * The stages of one stream over one format: fixed order, each on or off. Scratch for all of them is reserved at once, so
 * that switching allocates nothing and loses no frame. The source picture is never altered: pictures go back and forth
 * between two buffers, the last stage writes the target.
 *
 * Shared out between cores, stages that see only rows nearby work by bands; those that need the whole picture run on the
 * caller's core. One that measures the whole picture first begins a segment of its own. The result is the same to the bit.
 */
export class StageChain {
  readonly #input: FrameFormat;
  readonly #room: StageRoom;
  readonly #links: readonly Link[];
  readonly #plane: Readonly<Record<'split' | 'join', Link>>;
  readonly #buffers: readonly number[];
  readonly #bytes: Uint8Array;
  #band: Band = { index: 0, count: 1 };
  #crew: BandCrew | undefined;
  #segments: readonly Segment[] = [];
  #output: FrameFormat;

  /**
   * `settings` name what differs from the defaults, in any order: pictures pass the stages in the order of `known`, those of a live
   * stream or of a frozen picture. Throws stage/… errors.
   */
  constructor(settings: readonly StageSettings[], input: FrameFormat, room: StageRoom, known: readonly Stage[] = stages) {
    this.#input = input;
    this.#output = input;
    this.#room = room;
    this.#bytes = new Uint8Array(room.memory);
    let scratch = aligned(room.scratch);
    const reserve = (bytes: number): number => {
      const at = scratch;
      scratch = aligned(scratch + bytes);
      return at;
    };
    this.#buffers = Array.from({ length: buffers }, () => reserve(largestPicture(input)));
    this.#links = known.map((stage) => ({
      stage,
      scratch: reserve(stage.scratchBytes(input)),
      enabled: enabledByDefault.includes(stage.name),
      options: defaultOptions(stage),
      opened: undefined,
    }));
    const { split, join } = greyPlaneSteps();
    const plain = { scratch, enabled: true, options: {}, opened: undefined };
    this.#plane = { split: { ...plain, stage: split }, join: { ...plain, stage: join } };
    for (const { stage, enabled, options } of settings) {
      if (settings.filter((other) => other.stage === stage).length > 1) throw new AppError('stage/twice', { stage });
      this.#change(stage, { enabled, options });
    }
    this.#connect();
  }

  /** Bytes that a chain over this format needs behind `room.scratch`. */
  static scratchBytes(input: FrameFormat, known: readonly Stage[] = stages): number {
    const own = known.reduce((total, stage) => total + aligned(stage.scratchBytes(input)), 0);
    return own + buffers * aligned(largestPicture(input)) + 64;
  }

  /** Format of the pictures that leave the chain. */
  get output(): FrameFormat {
    return this.#output;
  }

  /** False: nothing to do, the source picture is the result. */
  get active(): boolean {
    return this.#segments.length > 0;
  }

  get overlayBurnedIn(): boolean {
    return this.#links.some(({ stage, enabled, opened }) => burnsIn.includes(stage.name) && enabled && opened !== undefined);
  }

  /** Changes one stage between two frames; temporal stages that the change does not reach keep what they have learnt. */
  set(stage: string, change: { readonly enabled?: boolean; readonly options?: Readonly<Record<string, unknown>> }): void {
    this.#change(stage, change);
    this.#connect();
  }

  /** Bands into which pictures are shared out; 1: none. */
  get bands(): number {
    return this.#band.count;
  }

  /** From the next picture on this chain works on one band, and `crew` on the others; one band and no crew: on the whole picture. */
  share(band: Band, crew?: BandCrew): void {
    this.#band = band;
    this.#crew = crew;
    this.#connect();
  }

  /** Runs the active stages from `source` to `target`; at least one must be active. False: a band is missing, the result is not whole. */
  apply(source: number, target: number, truth: FrameTruth): boolean {
    const last = this.#segments.length - 1;
    let whole = true;
    let from = source;
    for (let segment = 0; segment <= last; segment++) {
      const to = segment === last ? target : (this.#buffers[2 + (segment & 1)] as number);
      whole = this.#applySegment(segment, from, to, truth) && whole;
      from = to;
    }
    return whole;
  }

  /** The part of a crew: this band's rows of a segment, read from the whole picture at `source`, written into the one at `target`. */
  applyBand({ segment, source, target, measured }: BandWork, truth: FrameTruth): void {
    const { stages: shared, input, output, rows } = this.#segments[segment] as Segment;
    const { own, seen } = rows as NonNullable<Segment['rows']>;
    const result = this.#buffers[(shared.length - 1) & 1] as number;
    this.#pass(shared, source + seen.first * input.bytesPerLine, result, truth, measured);
    const from = result + (own.first - seen.first) * output.bytesPerLine;
    this.#bytes.copyWithin(target + own.first * output.bytesPerLine, from, from + (own.end - own.first) * output.bytesPerLine);
  }

  settings(): StageSettings[] {
    return this.#links.map(({ stage, enabled, options }) => ({ stage: stage.name, enabled, options: { ...options } }));
  }

  states(): StageState[] {
    return this.#links.map(({ stage, enabled, options, opened }) => stateOf(stage, enabled, enabled && opened !== undefined, options));
  }

  #change(name: string, change: { readonly enabled?: boolean; readonly options?: Readonly<Record<string, unknown>> }): void {
    const link = this.#links.find(({ stage }) => stage.name === name);
    if (link === undefined) throw unknownStage(name);
    link.options = allowedOptions(link.stage, { ...link.options, ...change.options });
    link.enabled = change.enabled ?? link.enabled;
  }

  #applySegment(segment: number, source: number, target: number, truth: FrameTruth): boolean {
    const { stages: own, input, rows } = this.#segments[segment] as Segment;
    const measured = own[0]?.measure?.(source, input.height) ?? 0;
    if (rows === undefined) {
      this.#pass(own, source, target, truth, measured);
      return true;
    }
    const work = { segment, source, target, measured };
    this.#crew?.begin(work, truth);
    this.applyBand(work, truth);
    return this.#crew?.finish() ?? true;
  }

  /** The stages one after the other, back and forth between the first two buffers; the last writes `target`. What was measured is the first one's. */
  #pass(steps: readonly AnyStage[], source: number, target: number, truth: FrameTruth, measured: number): void {
    const last = steps.length - 1;
    let from = source;
    for (let index = 0; index <= last; index++) {
      const to = index === last ? target : (this.#buffers[index & 1] as number);
      steps[index]?.apply(from, to, truth, measured);
      from = to;
    }
  }

  /** What is at work, in order. In a colour picture grey filters work on its grey plane, between `split` and `join`. */
  #steps(): Step[] {
    const steps: Step[] = [];
    let format = this.#input;
    let onPlane = false;
    for (const link of this.#links) {
      const { stage, enabled, options } = link;
      const output = enabled ? stage.output(format, options) : undefined;
      const grey = enabled && output === undefined ? greyFilterOf(stage, format, options) : undefined;
      if (output === undefined && grey === undefined) {
        link.opened = undefined;
        continue;
      }
      if (onPlane !== (grey !== undefined)) steps.push(this.#turn(format, !onPlane));
      onPlane = grey !== undefined;
      steps.push({ link, input: grey ?? format, output: grey ?? output ?? format });
      format = output ?? format;
    }
    if (onPlane) steps.push(this.#turn(format, false));
    return steps;
  }

  /** The step onto the grey plane of a colour format, or back. */
  #turn(colour: FrameFormat, ontoPlane: boolean): Step {
    const [whole, grey] = [colour, greyOf(colour)];
    if (ontoPlane) return { link: this.#plane.split, input: whole, output: grey };
    return { link: this.#plane.join, input: grey, output: whole };
  }

  #connect(): void {
    const steps = this.#steps();
    this.#output = steps.at(-1)?.output ?? this.#input;
    this.#segments = runsOf(steps, this.#band.count > 1).map((run) => this.#openRun(run));
  }

  #openRun({ steps, shared, reach }: Run): Segment {
    const [input, output] = [steps[0]?.input ?? this.#input, steps.at(-1)?.output ?? this.#input];
    if (!shared) return { stages: this.#openWhole(steps), input, output, rows: undefined };
    const halo = Math.max(1, Math.ceil(reach / haloStep)) * haloStep;
    const rows = { own: this.#rows(input, 0), seen: this.#rows(input, halo) };
    const height = rows.seen.end - rows.seen.first;
    const inBand = (step: Step): Step => ({ ...step, input: { ...step.input, height }, output: { ...step.output, height } });
    return { stages: steps.map((step) => openFor(inBand(step), this.#room)), input, output, rows };
  }

  /** The whole picture is the first band's business. */
  #openWhole(steps: readonly Step[]): AnyStage[] {
    if (this.#band.index === 0) return steps.map((step) => openFor(step, this.#room));
    for (const { link } of steps) link.opened = undefined;
    return [];
  }

  /** Rows of this chain's band with `halo` more on either side, as far as the picture goes. */
  #rows({ height }: FrameFormat, halo: number): Rows {
    const { index, count } = this.#band;
    const rowAt = (part: number): number => Math.floor((part * height) / count);
    return { first: Math.max(0, rowAt(index) - halo), end: Math.min(height, rowAt(index + 1) + halo) };
  }
}

/** The grey plane of a colour format, where a stage filters that. */
function greyFilterOf(stage: Stage, format: FrameFormat, options: Record<string, unknown>): FrameFormat | undefined {
  if (stage.onGreyPlane !== true || format.pixelFormat !== 'RGB24') return undefined;
  const grey = greyOf(format);
  return stage.output(grey, options) === undefined ? undefined : grey;
}

/**
 * The steps in runs: shared ones whose reaches add up to no more than the halo, and between them those that need the whole picture.
 * A step that measures begins a run, because only there the whole picture lies in one place.
 */
function runsOf(steps: readonly Step[], sharing: boolean): Run[] {
  const runs: { steps: Step[]; shared: boolean; reach: number }[] = [];
  for (const step of steps) {
    const { stage, options } = step.link;
    const reach = stage.reach(step.input, options);
    const shared = sharing && reach <= mostHaloRows;
    const open = runs.at(-1);
    const fits = open?.shared === shared && stage.measures?.(options) !== true && (!shared || open.reach + reach <= mostHaloRows);
    if (open !== undefined && fits) {
      open.steps.push(step);
      open.reach += reach;
    } else runs.push({ steps: [step], shared, reach });
  }
  return runs;
}

/** Opens a stage for a format, or only hands it its settings where it is open for that already. */
function openFor({ link, input, output }: Step, room: StageRoom): AnyStage {
  const { opened } = link;
  const same =
    opened?.input.height === input.height &&
    opened.input.pixelFormat === input.pixelFormat &&
    opened.output.pixelFormat === output.pixelFormat;
  if (same) {
    if (opened.options !== link.options) {
      opened.as.configure(link.options);
      opened.options = link.options;
    }
    return opened.as;
  }
  const as = link.stage.open(input, link.options, { ...room, scratch: link.scratch });
  link.opened = { input, output, as, options: link.options };
  return as;
}

function unknownStage(stage: string): AppError {
  if (frozenStages.some(({ name }) => name === stage)) return new AppError('stage/frozen-only', { stage });
  return new AppError('stage/unknown', { stage, known: stages.map(({ name }) => name).join(', ') });
}

/** Stages after which a picture shows what the source did not. */
const burnsIn: readonly string[] = [overlay.name, annotation.name];

/** Two between which pictures go back and forth within a segment, and two for whole pictures between segments. */
const buffers = 4;

const largestPicture = ({ width, height }: FrameFormat): number => width * height * bytesPerPixel.RGB24;
