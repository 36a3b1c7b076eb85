// Arguments: the C program, rounds, seconds a round, KiB a read. Bytes a second from one endpoint, by the driver's transport and by libusb in C, in turns.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LibusbTransport } from '../../../device-drivers/usb-probe/libusb-transport.ts';
import { lineProbe } from '../../support/virtual-usb/line-probe.ts';
import { VirtualBus } from '../../support/virtual-usb/virtual-bus.ts';
import { attached, until } from './attached.ts';
import { tell } from './tell.ts';

const [program = '', rounds, seconds, readKiB] = process.argv.slice(2);
const transferBytes = Number(readKiB) * 1024;
const queue = { endpoint: lineProbe.endpoint, transfers: 2 ** 21 / transferBytes, transferBytes };

await using bus = await VirtualBus.open();
// Faster than anybody reads: the endpoint always has something.
await bus.plug({ kind: 'lines', rateMBps: 1000, memoryBytes: 2 ** 24 });
await until(() => attached().length === 1, 'the probe is attached');
const { usb } = await import('usb');

for (let round = 0; round < Number(rounds); round++) tell({ ours: await ours(), theirs: await theirs() });

async function ours(): Promise<number> {
  const device = usb.getDeviceList().find(({ deviceDescriptor }) => deviceDescriptor.idVendor === lineProbe.vendorId);
  if (device === undefined) throw new Error('libusb does not see the probe');
  const link = await LibusbTransport.open(device, 'line probe', [queue.endpoint]);
  let bytes = 0;
  const stop = new AbortController();
  const sink = {
    data: (data: Uint8Array) => {
      bytes += data.length;
    },
    fault: (kind: string) => {
      throw new Error(kind);
    },
    resumed: () => undefined,
  };
  const streaming = link.stream(queue, sink, stop.signal);
  await link.tell({ requestType: 0x40, request: 1 });
  const beganMs = performance.now();
  const timer = setTimeout(() => stop.abort(), Number(seconds) * 1000);
  await streaming;
  clearTimeout(timer);
  const perSecond = (bytes * 1000) / (performance.now() - beganMs);
  await link.tell({ requestType: 0x40, request: 2 });
  await link.close();
  return perSecond;
}

async function theirs(): Promise<number> {
  const { vendorId, productId, endpoint } = lineProbe;
  const words = [vendorId, productId, endpoint, queue.transfers, queue.transferBytes, seconds].map(String);
  const { stdout } = await promisify(execFile)(program, words);
  return Number(stdout);
}
