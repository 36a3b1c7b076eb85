import { type AcmOptions, openAcmProbe } from './acm-probe.ts';
import { type ConvexOptions, openConvexProbe } from './convex-probe.ts';
import { type IntersonOptions, openIntersonProbe } from './interson-probe.ts';
import { type LineProbeOptions, openLineProbe } from './line-probe.ts';
import { openUp20lProbe, type Up20lOptions } from './up20l-probe.ts';
import { openUvcGrabber, type UvcOptions } from './uvc-grabber.ts';
import type { VirtualDevice } from './virtual-device.ts';

/** Every virtual device: what it is and what is chosen of it. */
export type DeviceOptions = LineProbeOptions | ConvexOptions | Up20lOptions | IntersonOptions | UvcOptions | AcmOptions;

const open: { readonly [Kind in DeviceOptions['kind']]: (options: Extract<DeviceOptions, { kind: Kind }>) => VirtualDevice } = {
  lines: openLineProbe,
  convex: openConvexProbe,
  up20l: openUp20lProbe,
  interson: openIntersonProbe,
  uvc: openUvcGrabber,
  acm: openAcmProbe,
};

export function openDevice(options: DeviceOptions): VirtualDevice {
  return (open[options.kind] as (options: DeviceOptions) => VirtualDevice)(options);
}
