import { annotation } from './annotation.ts';
import { colourMap } from './colour-map.ts';
import { despeckle } from './despeckle.ts';
import { detail } from './detail.ts';
import { median } from './median.ts';
import { nonLocalMeans } from './non-local-means.ts';
import { overlay } from './overlay.ts';
import { persistence } from './persistence.ts';
import type { Stage } from './stage.ts';
import { tone } from './tone.ts';
import { window } from './window.ts';

/** All stages, in the order in which they are applied. */
export const stages: readonly Stage[] = [window, persistence, median, despeckle, detail, tone, colourMap, overlay, annotation];

/** What a frozen picture can go through: those too that take longer than a live one has. */
export const frozenStages: readonly Stage[] = stages.flatMap((stage) => (stage === despeckle ? [stage, nonLocalMeans] : [stage]));

/** At work where nobody said otherwise: without a window a 16-bit picture has no 8-bit form. */
export const enabledByDefault: readonly string[] = [window.name];
