import Type, { type Static } from 'typebox';
import { AppError } from '../../src/app-error.ts';
import type { DeviceDescription, DeviceDriver, DriverContext } from '../driver.ts';
import { LibusbTransport } from './libusb-transport.ts';
import { PlayedBytes } from './played-bytes.ts';
import type { Hazard, Probe, ScanSettings } from './probe.ts';
import { runProbe } from './probe-run.ts';
import { probeNamed, probes } from './probes.ts';
import { readRecordedBytes } from './recorded-bytes.ts';
import { readSetUp } from './set-up.ts';
import { type AttachedDevice, attachedDevices, hex4, libusbDevice } from './usb-devices.ts';

const Measured = (minimum: number, maximum: number, description: string) => Type.Optional(Type.Number({ minimum, maximum, description }));

const options = Type.Object(
  {
    device: Type.String({
      default: '',
      maxLength: 200,
      description: 'which probe, by its identity as lumencast devices shows it, or by its kind; empty: the first one found',
    }),
    highVoltage: Type.Boolean({
      default: false,
      description: 'the probe may transmit: no probe of this driver has been tried on hardware',
    }),
    motor: Type.Boolean({ default: false, description: 'the probe may move its transducer' }),
    setUp: Type.String({
      default: '',
      maxLength: 1000,
      description: 'a table of the requests that its own program sends the probe; empty: it is started with what it holds',
    }),
    recording: Type.String({
      default: '',
      maxLength: 1000,
      description: 'plays the recorded bytes of a probe instead (.npz, .npy or as they are); device then names its kind',
    }),
    loop: Type.Boolean({ default: true, description: 'begins a recording again at its end' }),
    depthMm: Measured(1, 500, 'depth of the last sample; with those below measured by you, distances can be measured in the picture'),
    widthMm: Measured(1, 500, 'from the first to the last line of a linear probe'),
    sectorDeg: Measured(1, 200, 'angle from the first to the last line of other probes'),
    radiusMm: Measured(0, 500, 'from where their lines meet to the face of the probe'),
  },
  { additionalProperties: false },
);
export type UsbProbeOptions = Static<typeof options>;

/** Ultrasound probes with bulk endpoints and a protocol of their maker's own, over libusb. */
export const usbProbe: DeviceDriver<typeof options> = {
  name: 'usb-probe',
  options,
  udevRules: probes.map(
    ({ vendor, product }) =>
      `SUBSYSTEM=="usb", ATTR{idVendor}=="${hex4(vendor)}", ATTR{idProduct}=="${hex4(product)}", MODE="0660", TAG+="uaccess"`,
  ),
  async discover() {
    return (await attachedDevices(ids)).map(describe);
  },
  run: (context, signal) => (context.options.recording === '' ? runAttached(context, signal) : playRecording(context, signal)),
};

async function runAttached(context: DriverContext<UsbProbeOptions>, signal: AbortSignal): Promise<void> {
  const { device: wanted, setUp } = context.options;
  const attached = await attachedDevices(ids);
  const found = attached.find((device) => wanted === '' || wanted === probeOf(device).name || wanted === device.identity);
  if (signal.aborted) return;
  if (found === undefined) throw new AppError('device/not-found', { device: wanted === '' ? 'a probe' : wanted });
  const probe = probeOf(found);
  if (found.product !== probe.product) throw new AppError('usb-probe/no-firmware', { device: probe.title });
  refuseHazards(probe, context.options);
  const recorded = setUp === '' ? undefined : readSetUp(setUp);
  if (probe.wantsSetUp && recorded === undefined) {
    context.warn(`${probe.title}: started without the tables of its maker's program (option setUp); a real one may show nothing`);
  }
  const { name, identity } = describe(found);
  const inputs = probe.queues.map(({ endpoint }) => endpoint);
  const link = await LibusbTransport.open(libusbDevice(found), name, [...probe.outputs, ...inputs]);
  try {
    await runProbe(
      { probe, link, setUp: recorded, scan: scanOf(context.options), device: { name, identity, options: { device: identity } } },
      context,
      signal,
    );
  } finally {
    await link.close();
  }
}

async function playRecording(context: DriverContext<UsbProbeOptions>, signal: AbortSignal): Promise<void> {
  const { device, recording, loop } = context.options;
  const probe = probeNamed(device);
  const bytes = readRecordedBytes(recording);
  await new PlayedBytes(probe, bytes, scanOf(context.options)).run(context, loop, signal);
}

function refuseHazards(probe: Probe, given: UsbProbeOptions): void {
  for (const option of probe.hazards) {
    if (!given[option]) throw new AppError('usb-probe/not-enabled', { probe: probe.title, does: doing[option], option });
  }
}

const doing: Readonly<Record<Hazard, string>> = { highVoltage: 'transmits ultrasound', motor: 'moves its transducer' };

function scanOf({ depthMm, widthMm, sectorDeg, radiusMm }: UsbProbeOptions): ScanSettings {
  return {
    ...(depthMm !== undefined && { depthMm }),
    ...(widthMm !== undefined && { widthMm }),
    ...(sectorDeg !== undefined && { sectorDeg }),
    ...(radiusMm !== undefined && { radiusMm }),
  };
}

const productsOf = ({ product, productWithoutFirmware }: Probe): number[] => [
  product,
  ...(productWithoutFirmware === undefined ? [] : [productWithoutFirmware]),
];

const ids = probes.flatMap((probe) => productsOf(probe).map((product) => ({ vendor: probe.vendor, product })));

const probeOf = ({ vendor, product }: AttachedDevice): Probe =>
  probes.find((probe) => probe.vendor === vendor && productsOf(probe).includes(product)) as Probe;

function describe(device: AttachedDevice): DeviceDescription {
  const probe = probeOf(device);
  const { identity, place, ownName } = device;
  const refusal =
    device.product === probe.product ? device.refusal : new AppError('usb-probe/no-firmware', { device: probe.title }).toJSON();
  const { width, height, pixelFormat } = probe.format({});
  return {
    driver: 'usb-probe',
    name: ownName === '' ? probe.title : `${probe.title} (${ownName})`,
    identity,
    place,
    formats: [`${pixelFormat}, ${height} lines of ${width} samples`],
    ...(refusal !== undefined && { refusal }),
    options: { device: identity },
  };
}
