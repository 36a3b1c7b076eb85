import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DeviceOptions } from './devices.ts';
import type { Malformed } from './malformed.ts';
import type { Request } from './serve.ts';
import type { DeviceAction } from './virtual-device.ts';

/** A device in a socket of the kernel's virtual USB. */
export interface PluggedDevice {
  readonly busId: string;
  /** Asks for a fault, or for another rate. */
  act(action: DeviceAction): Promise<void>;
  counts(): Promise<Readonly<Record<string, number>>>;
  /** Pulls the plug: the kernel notices at once, the device is gone. */
  unplug(): Promise<void>;
}

/** Devices that this machine's kernel takes for real ones. Needs root, vhci in the kernel and Debian's `usbip`. */
export class VirtualBus implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (fault: Error) => void }>();
  #lastId = 0;
  #lastBusId = 0;

  private constructor(child: ChildProcess) {
    this.#process = child;
    child.on('message', ({ id, value, error }: { id: number; value?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    });
    child.once('exit', (status) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the virtual devices' process ended with status ${status}`));
      this.#waiting.clear();
    });
  }

  static async open(): Promise<VirtualBus> {
    const child = fork(join(import.meta.dirname, 'serve.ts'), { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await once(child, 'message');
    return new VirtualBus(child);
  }

  /** Plugs a device in; resolves when the kernel has been told of it. A bus id given twice is the same device plugged in again. */
  async plug(options: DeviceOptions, busId = `1-${++this.#lastBusId}`, wrong?: Malformed): Promise<PluggedDevice> {
    await this.#ask({ ask: 'offer', busId, options, ...(wrong !== undefined && { wrong }) });
    await run('usbip', ['attach', '-r', '127.0.0.1', '-b', busId]);
    return {
      busId,
      act: async (action) => void (await this.#ask({ ask: 'act', busId, action })),
      counts: async () => (await this.#ask({ ask: 'counts', busId })) as Record<string, number>,
      unplug: async () => void (await this.#ask({ ask: 'withdraw', busId })),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.disconnect();
    await gone;
  }

  #ask(request: Request): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, request });
    });
  }
}

const run = promisify(execFile);
