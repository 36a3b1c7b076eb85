import Type, { type Static } from 'typebox';

/** What the page of `lumencast calibrate-latency` is told: to be white or black. */
export interface StepOrder {
  readonly request: number;
  readonly white: boolean;
}

/** Its answer, once that is on the screen; all times by the page's own clock. */
export const StepShownSchema = Type.Object(
  {
    request: Type.Integer({ minimum: 0 }),
    /** From the order's arrival to this answer. */
    heldMs: Type.Number({ minimum: 0, maximum: 10_000 }),
    /** From the picture on the screen to this answer, as far as a browser knows. */
    agoMs: Type.Number({ minimum: 0, maximum: 10_000 }),
  },
  { additionalProperties: false },
);
export type StepShown = Static<typeof StepShownSchema>;
