import { type AcmOptions, openAcmProbe } from './acm-probe.ts';
import { type LineProbeOptions, openLineProbe } from './line-probe.ts';
import { openUvcGrabber, type UvcOptions } from './uvc-grabber.ts';
import type { VirtualDevice } from './virtual-device.ts';

/** Every virtual device: what it is and what is chosen of it. */
export type DeviceOptions = LineProbeOptions | UvcOptions | AcmOptions;

const open: { readonly [Kind in DeviceOptions['kind']]: (options: Extract<DeviceOptions, { kind: Kind }>) => VirtualDevice } = {
  lines: openLineProbe,
  uvc: openUvcGrabber,
  acm: openAcmProbe,
};

export function openDevice(options: DeviceOptions): VirtualDevice {
  return (open[options.kind] as (options: DeviceOptions) => VirtualDevice)(options);
}
