import { AppError } from '../app-error.ts';
import { aligned } from '../frame/aligned.ts';
import { type FrameFormat, frameBytes, isPicture } from '../frame/frame-format.ts';
import type { StageState } from '../protocol/messages.ts';
import { bMode } from './b-mode.ts';
import type { StageSettings } from './chain.ts';
import { mask } from './mask.ts';
import { orientation } from './orientation.ts';
import { pixelFormat } from './pixel-format.ts';
import { scanConversion } from './scan-conversion.ts';
import type { FormingStage, StageRoom } from './stage.ts';
import { allowedOptions, defaultOptions, stateOf } from './stage-state.ts';

/** In the order in which they are applied. */
const formingStages: readonly FormingStage[] = [pixelFormat, bMode, scanConversion, mask, orientation];

export const isFormingStage = (name: string): boolean => formingStages.some((stage) => stage.name === name);

interface Step {
  readonly stage: FormingStage;
  readonly options: Record<string, unknown>;
  readonly input: FrameFormat;
  readonly output: FrameFormat;
}

/**
 * The way from what a device delivers to the picture that stages and viewers see: all views show this picture, so that a place
 * in one is the same place in the other, and what is masked never leaves. Made of settings alone; `open` needs memory.
 */
export class Forming {
  readonly output: FrameFormat;
  readonly #input: FrameFormat;
  readonly #chosen: readonly { readonly stage: FormingStage; readonly enabled: boolean; readonly options: Record<string, unknown> }[];
  readonly #steps: readonly Step[];

  /** `settings` name what differs from the defaults. Throws stage/… errors, and `frame/bad-format` where no picture comes of it. */
  constructor(settings: readonly StageSettings[], input: FrameFormat) {
    this.#input = input;
    this.#chosen = formingStages.map((stage) => {
      const given = settings.filter((one) => one.stage === stage.name);
      if (given.length > 1) throw new AppError('stage/twice', { stage: stage.name });
      const enabled = given[0]?.enabled ?? true;
      return { stage, enabled, options: allowedOptions(stage, { ...defaultOptions(stage), ...given[0]?.options }) };
    });
    const steps: Step[] = [];
    let format = input;
    for (const { stage, enabled, options } of this.#chosen) {
      const output = enabled ? stage.output(format, options) : undefined;
      if (output === undefined) continue;
      steps.push({ stage, options, input: format, output });
      format = output;
    }
    this.#steps = steps;
    this.output = asPicture(format);
  }

  /** False: the device delivers pictures, and they are shown as they are. */
  get active(): boolean {
    return this.#steps.length > 0;
  }

  /** Bytes that `open` needs. */
  get scratchBytes(): number {
    const own = this.#steps.reduce((total, { stage, input, options }) => total + aligned(stage.scratchBytes(input, options)), 0);
    return own + 2 * this.#betweenBytes + 64;
  }

  /** What it answers makes the picture at the second byte offset of what was captured at the first. */
  open(room: StageRoom): (source: number, target: number) => void {
    const buffers = [aligned(room.scratch), aligned(room.scratch) + this.#betweenBytes] as const;
    let scratch = buffers[1] + this.#betweenBytes;
    const opened = this.#steps.map(({ stage, input, options }) => {
      const apply = stage.open(input, options, { ...room, scratch });
      scratch += aligned(stage.scratchBytes(input, options));
      return apply;
    });
    const last = opened.length - 1;
    return (source, target) => {
      let from = source;
      for (let index = 0; index <= last; index++) {
        const to = index === last ? target : (buffers[index & 1] as number);
        opened[index]?.(from, to);
        from = to;
      }
    };
  }

  settings(): StageSettings[] {
    return this.#chosen.map(({ stage, enabled, options }) => ({ stage: stage.name, enabled, options: { ...options } }));
  }

  /** Those that this source can use: a picture has no scan lines. */
  states(): StageState[] {
    return this.#chosen
      .filter(({ stage }) => this.#concerns(stage))
      .map(({ stage, enabled, options }) =>
        stateOf(
          stage,
          enabled,
          this.#steps.some((step) => step.stage === stage),
          options,
        ),
      );
  }

  #concerns(stage: FormingStage): boolean {
    if (stage === bMode) return this.#input.rf !== undefined;
    if (stage === scanConversion) return this.#input.scan !== undefined;
    if (stage === pixelFormat) return !isPicture(this.#input) && this.#input.scan === undefined;
    return true;
  }

  get #betweenBytes(): number {
    return aligned(Math.max(0, ...this.#steps.slice(0, -1).map(({ output }) => frameBytes(output))));
  }
}

/** Lines of grey that nobody turned into a picture are shown as they lie in memory. */
function asPicture({ scan: _unused, ...format }: FrameFormat): FrameFormat {
  if (!isPicture(format)) throw new AppError('frame/bad-format', { reason: `no picture comes of ${format.pixelFormat}: a stage is off` });
  return format;
}
