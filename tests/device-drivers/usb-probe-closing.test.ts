import type { LibUSBException } from 'usb';
import { expect, it } from 'vitest';
import { closeWhenIdle } from '../../device-drivers/usb-probe/close-when-idle.ts';
import { type ReadableEndpoint, ReadQueueAtEndpoint } from '../../device-drivers/usb-probe/read-queue.ts';

type Done = Parameters<ReadableEndpoint['makeTransfer']>[1];

const stalled = 4;
const cancelled = 3;
const exception = (errno: number): LibUSBException => Object.assign(new Error(`libusb ${errno}`), { errno });

/** Where node-usb would be: the test says when a read comes back, and when the endpoint is cleared. */
class HeldEndpoint implements ReadableEndpoint {
  readonly descriptor = { wMaxPacketSize: 512 };
  readonly waiting: { readonly back: (errno: number) => void }[] = [];
  readonly cleared: ((error: LibUSBException | undefined) => void)[] = [];
  cancels = 0;
  submits = 0;
  clearing: () => void = () => undefined;

  makeTransfer(_timeoutMs: number, done: Done) {
    return {
      submit: (buffer: Buffer): void => {
        this.submits++;
        this.waiting.push({ back: (errno) => done(exception(errno), buffer, 0) });
      },
      cancel: (): void => {
        this.cancels++;
      },
    };
  }

  clearHalt(done: (error: LibUSBException | undefined) => void): void {
    this.cleared.push(done);
    this.clearing();
  }

  /** The oldest read comes back. */
  giveBack(errno: number): void {
    this.waiting.shift()?.back(errno);
  }
}

function reading(endpoint: HeldEndpoint) {
  const [told, stop]: [string[], AbortController] = [[], new AbortController()];
  const sink = { data: () => undefined, fault: (kind: string) => void told.push(kind), resumed: () => void told.push('resumed') };
  const run = new ReadQueueAtEndpoint(endpoint, 2, 512, sink).run(stop.signal);
  let ended = false;
  const watched = run.finally(() => {
    ended = true;
  });
  watched.catch(() => undefined);
  return { told, stop, run, hasEnded: () => ended };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('clears a stalled endpoint when all reads are back, and reads on', async () => {
  const endpoint = new HeldEndpoint();
  const { told, stop, run } = reading(endpoint);
  endpoint.giveBack(stalled);
  await turn();
  expect([endpoint.cancels, endpoint.cleared.length]).toEqual([2, 0]);
  endpoint.giveBack(cancelled);
  await turn();
  endpoint.cleared[0]?.(undefined);
  await turn();
  expect([told, endpoint.submits]).toEqual([['stall', 'resumed'], 4]);
  stop.abort();
  for (let read = 0; read < 2; read++) endpoint.giveBack(cancelled);
  await run;
});

it('that is stopped while it takes its reads back clears nothing any more', async () => {
  const endpoint = new HeldEndpoint();
  const { told, stop, run, hasEnded } = reading(endpoint);
  endpoint.giveBack(stalled);
  stop.abort();
  await turn();
  expect(hasEnded()).toBe(false);
  endpoint.giveBack(cancelled);
  await run;
  expect([told, endpoint.cleared.length, endpoint.submits, endpoint.cancels]).toEqual([['stall'], 0, 2, 2]);
});

it('that is stopped while the endpoint is cleared waits for that', async () => {
  const endpoint = new HeldEndpoint();
  const { told, stop, run, hasEnded } = reading(endpoint);
  endpoint.giveBack(stalled);
  endpoint.giveBack(cancelled);
  await turn();
  stop.abort();
  await turn();
  expect([hasEnded(), endpoint.cleared.length]).toEqual([false, 1]);
  endpoint.cleared[0]?.(undefined);
  await run;
  expect([told, endpoint.submits]).toEqual([['stall'], 2]);
});

it('fails with what clearing says, at once', async () => {
  const endpoint = new HeldEndpoint();
  const { run } = reading(endpoint);
  endpoint.clearing = () => {
    throw new Error('the device is not opened');
  };
  for (const errno of [stalled, cancelled]) endpoint.giveBack(errno);
  await expect(run).rejects.toThrow('the device is not opened');
});

it('closes a device behind the call that is under way', async () => {
  let closes = 0;
  await closeWhenIdle({
    close() {
      if (++closes < 3) throw new Error("Can't close device with a pending request");
    },
  });
  expect(closes).toBe(3);
});
