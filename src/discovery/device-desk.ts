import { isDeepStrictEqual } from 'node:util';
import { BehaviorSubject, Subscription } from 'rxjs';
import type { DeviceDescription } from '../../device-drivers/driver.ts';
import { AppError } from '../app-error.ts';
import type { Device, ServerMessage } from '../protocol/messages.ts';
import type { Stream, StreamNews } from '../stream/stream.ts';
import type { Discovery, Inventory } from './discovery.ts';

export type DevicesMessage = Extract<ServerMessage, { type: 'devices' }>;
export type SourceOnDesk = Pick<Stream, 'id' | 'status' | 'source'>;

/** Brings devices and streams together: which stream is set to which, and that one goes on when its device is back. */
export class DeviceDesk {
  readonly message$ = new BehaviorSubject<DevicesMessage>({ type: 'devices', devices: [], troubles: [] });
  readonly #discovery: Discovery;
  readonly #streams: readonly Stream[];
  readonly #subscriptions = new Subscription();
  #surveyed: Inventory['devices'] = [];

  constructor(discovery: Discovery, streams: readonly Stream[]) {
    this.#discovery = discovery;
    this.#streams = streams;
    this.#subscriptions.add(discovery.inventory$.subscribe(() => this.#tell()));
    this.#subscriptions.add(discovery.surveyed$.subscribe((inventory) => this.#resume(inventory)));
    for (const stream of streams) this.#subscriptions.add(stream.news$.subscribe(({ news }) => this.#hear(stream, news)));
  }

  close(): void {
    this.#subscriptions.unsubscribe();
    this.message$.complete();
  }

  /**
   * Puts a device that is attached on a stream; what its driver says of it becomes the state of the stream. `may`: whether who asks
   * may see a stream: what is set to another one is not there. Throws `device/not-found`.
   */
  put(stream: Stream, driver: string, identity: string, may: (stream: number) => boolean): void {
    const device = this.#discovery.inventory$.value.devices.find((known) => known.driver === driver && known.identity === identity);
    const hidden = device !== undefined && this.#streams.some((other) => !may(other.id) && isSetTo(other, device));
    if (device === undefined || hidden) throw new AppError('device/not-found', { device: identity });
    void stream.setDevice(device.driver, device.options).then(() => this.#tell());
  }

  #hear(stream: Stream, news: StreamNews['news']): void {
    this.#tell();
    // It may be back already, seen before its driver noticed that it was gone.
    if (news === 'status' && stream.status.state === 'lost') void this.#discovery.survey();
  }

  /** What a lost stream waits for need not be on the list: its driver looks for itself whenever something has changed. */
  #resume({ devices }: Inventory): void {
    const changed = !isDeepStrictEqual(devices, this.#surveyed);
    this.#surveyed = devices;
    for (const stream of this.#streams) {
      const isThere = devices.some((device) => device.refusal === undefined && isSetTo(stream, device));
      if (isThere || (changed && stream.status.state === 'lost')) stream.hurry();
    }
  }

  #tell(): void {
    const message = devicesMessage(this.#discovery.inventory$.value, this.#streams);
    if (!isDeepStrictEqual(message, this.message$.value)) this.message$.next(message);
  }
}

/** What viewers are told: all that is attached, and what streams wait for. */
export function devicesMessage({ devices, troubles }: Inventory, streams: readonly SourceOnDesk[]): DevicesMessage {
  const attached = devices.map((device) => told(device, streams));
  const waiting = streams.filter((stream) => stream.status.state === 'lost' && !devices.some((device) => isSetTo(stream, device)));
  return { type: 'devices', devices: [...attached, ...waiting.map(absent)], troubles: [...troubles] };
}

function told(device: DeviceDescription, streams: readonly SourceOnDesk[]): Device {
  const { driver, name, identity, place, formats = [], refusal } = device;
  const stream = streams.find((candidate) => isSetTo(candidate, device));
  // Our own stream keeps it busy.
  const open = stream !== undefined && ['streaming', 'held'].includes(stream.status.state);
  return {
    driver,
    name,
    identity,
    ...(place !== undefined && { place }),
    formats: [...formats],
    attached: true,
    ...(refusal && !open && { refusal }),
    ...(stream && { stream: stream.id }),
  };
}

function absent({ id, status, source }: SourceOnDesk): Device {
  const name = status.waitsFor ?? source.device?.name ?? source.driver;
  return { driver: source.driver, name, identity: source.device?.identity ?? '', formats: [], attached: false, stream: id };
}

/** By the identity of the device that was opened; before that, by the options that select it. */
export function isSetTo({ source }: Pick<Stream, 'source'>, device: DeviceDescription): boolean {
  if (source.driver !== device.driver) return false;
  if (source.device !== undefined) return source.device.identity === device.identity;
  const options = Object.entries(device.options);
  return options.length > 0 && options.every(([name, value]) => isDeepStrictEqual(source.options[name], value));
}
