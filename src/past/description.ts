import type { View } from '../protocol/frame-header.ts';
import type { StreamDescription } from '../protocol/messages.ts';

/** What frames of an epoch are, as it is kept beside them. Nothing of a patient. */
export type PictureDescription = Pick<
  StreamDescription,
  'epoch' | 'name' | 'modality' | 'source' | 'synthetic' | 'formats' | 'regions' | 'frameIntervalMs' | 'deviceDelayMs' | 'preset'
> & {
  readonly view: View;
  readonly stages: readonly Pick<StreamDescription['stages'][number], 'stage' | 'enabled' | 'applied' | 'options'>[];
};

export function pictureDescription(of: StreamDescription, view: View): PictureDescription {
  const { epoch, name, modality, source, synthetic, formats, regions, frameIntervalMs, deviceDelayMs, preset } = of;
  return {
    epoch,
    view,
    name,
    modality,
    source,
    synthetic,
    ...(formats && { formats }),
    regions,
    ...(frameIntervalMs !== undefined && { frameIntervalMs }),
    ...(deviceDelayMs !== undefined && { deviceDelayMs }),
    ...(preset !== undefined && { preset }),
    stages: of.stages.map(({ stage, enabled, applied, options }) => ({ stage, enabled, applied, options })),
  };
}

/** As it stands in a file; undefined where that makes no sense. */
export function parseDescription(text: string): PictureDescription | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('epoch' in value)) return undefined;
    const { epoch } = value;
    return Number.isInteger(epoch) && (epoch as number) >= 0 && (epoch as number) <= 0xffff ? (value as PictureDescription) : undefined;
  } catch {
    return undefined;
  }
}
