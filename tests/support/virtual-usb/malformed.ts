import { seeded } from '../mutant.ts';
import { descriptorType } from './descriptors.ts';
import type { DeviceAction, Setup, VirtualDevice } from './virtual-device.ts';

/** What is wrong with a device from the moment that it is plugged in: the same for the same seed. */
export interface Malformed {
  readonly what: 'descriptors' | 'answers';
  readonly seed: number;
}

/** A device that lies about itself, or answers its maker's requests with anything. Vendor and product are left alone: they choose the driver. */
export function malformed(device: VirtualDevice, { what, seed }: Malformed): VirtualDevice {
  return what === 'descriptors' ? { ...device, descriptors: lies(device, seed) } : withOddAnswers(device, seed);
}

function lies({ descriptors }: VirtualDevice, seed: number): VirtualDevice['descriptors'] {
  const random = seeded(seed);
  const device = descriptors.device.slice();
  const configuration = descriptors.configuration.slice();
  const strings = [...descriptors.strings];
  const kinds = [
    () => configuration.set([random(256)], 9 + random(configuration.length - 9)),
    // Sizes and counts: lengths of descriptors, number of endpoints, of interfaces.
    () => configuration.set([random(256)], 4),
    () => configuration.set([random(256)], startOf(configuration, descriptorType.interface) + [0, 2, 3, 4][random(4)]!),
    () => configuration.set([random(256)], startOf(configuration, descriptorType.endpoint) + [0, 2, 3, 4, 5][random(5)]!),
    // The total length may say more or less than there is.
    () => configuration.set([random(256), random(4)], 2),
    () => device.set([random(256)], [4, 5, 6, 14, 15, 16][random(6)]!),
    () => strings.splice(random(3), 1, String.fromCharCode(...Array.from({ length: random(126) }, () => random(0x10000)))),
  ];
  for (let change = random(4); change >= 0; change--) (kinds[random(kinds.length)] as () => void)();
  return { device, configuration, strings };
}

function startOf(configuration: Uint8Array, type: number): number {
  for (let at = 0; at + 7 <= configuration.length; at += Math.max(2, configuration[at] ?? 0)) if (configuration[at + 1] === type) return at;
  return 9;
}

/** Every third answer is not what was asked for; `{ reseed }` begins another series. */
function withOddAnswers(device: VirtualDevice, seed: number): VirtualDevice {
  let random = seeded(seed);
  return {
    ...device,
    control(setup: Setup, data: Uint8Array) {
      const answer = device.control(setup, data);
      if (random(3) !== 0) return answer;
      switch (random(4)) {
        case 0:
          return undefined;
        case 1:
          return answer?.subarray(0, random(answer.length + 1));
        case 2:
          return new Uint8Array(setup.length).fill(random(256));
        default:
          return Uint8Array.from({ length: random(setup.length + 1) }, () => random(256));
      }
    },
    act(action: DeviceAction) {
      if ('reseed' in action) random = seeded(action.reseed);
      else device.act(action);
    },
  };
}
