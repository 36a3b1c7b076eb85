// The process that virtual devices live in, so that whoever drives them may block, fill its memory or be ended by itself.
import { type DeviceOptions, openDevice } from './devices.ts';
import { type Malformed, malformed } from './malformed.ts';
import { UsbIpServer } from './usbip-server.ts';
import type { DeviceAction } from './virtual-device.ts';

export type Request =
  | { readonly ask: 'offer'; readonly busId: string; readonly options: DeviceOptions; readonly wrong?: Malformed }
  | { readonly ask: 'withdraw' | 'counts'; readonly busId: string }
  | { readonly ask: 'act'; readonly busId: string; readonly action: DeviceAction };

const server = await UsbIpServer.open();

function obey(request: Request): unknown {
  const { busId } = request;
  switch (request.ask) {
    case 'offer':
      return offer(request);
    case 'withdraw':
      return server.withdraw(busId);
    case 'counts':
      return server.device(busId).counts();
    case 'act':
      return server.device(busId).act(request.action);
  }
}

function offer({ busId, options, wrong }: Extract<Request, { ask: 'offer' }>): void {
  const device = openDevice(options);
  server.offer(busId, wrong === undefined ? device : malformed(device, wrong));
}

process.on('message', ({ id, request }: { id: number; request: Request }) => {
  try {
    process.send?.({ id, value: obey(request) ?? null });
  } catch (thrown) {
    process.send?.({ id, error: String(thrown) });
  }
});
process.once('disconnect', () => process.exit());
process.send?.({ id: 0, value: null });
