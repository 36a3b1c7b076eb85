import { AppError } from '../../src/app-error.ts';
import type { Probe } from './probe.ts';
import { bmvConvex, bmvDoppler } from './probes/bmv.ts';
import { healsonUp20l } from './probes/healson-up20l.ts';
import { intersonSeemore } from './probes/interson-seemore.ts';

export const probes: readonly Probe[] = [healsonUp20l, bmvConvex, bmvDoppler, intersonSeemore];

/** Throws `usb-probe/unknown-probe`. */
export function probeNamed(name: string): Probe {
  const probe = probes.find((known) => known.name === name);
  if (probe === undefined) {
    throw new AppError('usb-probe/unknown-probe', { probe: name, known: probes.map((known) => known.name).join(', ') });
  }
  return probe;
}
