import { BlobEndpoint } from './blob-endpoint.ts';
import { bulkEndpoint, describe, interfaceOf } from './descriptors.ts';
import { echoAt, writeNumber } from './echo-phantom.ts';
import type { VirtualDevice } from './virtual-device.ts';

/**
 * The device's side of a Healson UP20L: a Cypress FX2 that is told by a control request what the next bulk transfer is. Facts:
 * kelu124/pyusbus at 7f68591 (pyusbus/acq.py), and requests recorded on the wire. A picture is 512 rows of equal depth with 160
 * values of 16 bits each, sent when it is asked for.
 */
export const up20lProbe = { vendorId: 0x04b4, productId: 0x8613, lines: 160, samples: 512 } as const;

export interface Up20lOptions {
  readonly kind: 'up20l';
  readonly serial?: string;
  /** From the request for a picture to the picture, default 100. */
  readonly pictureMs?: number;
}

const request = { say: 178, fetch: 179, begin: 182, name: 184 } as const;
const fetch = { picture: 0, register: 1 } as const;
const answerBytes = 512;
const freezeRegister = 0x11;
const nothing = new Uint8Array(0);

export function openUp20lProbe({ serial = '', pictureMs = 100 }: Up20lOptions): VirtualDevice {
  const { vendorId, productId, lines, samples } = up20lProbe;
  const answers = new BlobEndpoint(0x86);
  const pictures = Array.from({ length: 4 }, (_, frame) => renderPicture(frame / 4));
  const counts = { pictures: 0, commands: 0, tableBytes: 0, askedWhileFrozen: 0 };
  let frozen = true;
  let nextIs: number = 0;
  let register = 0;
  let making: NodeJS.Timeout | undefined;

  const sendPicture = (): void => {
    const picture = pictures[counts.pictures % pictures.length] as Uint16Array;
    writeNumber(counts.pictures, (line, sample, isOne) => {
      picture[sample * lines + line] = isOne ? 60_000 : 0;
    });
    counts.pictures++;
    answers.put(new Uint8Array(picture.slice().buffer));
  };
  const hear = (data: Uint8Array): boolean => {
    if (nextIs === 2) counts.tableBytes += data.length;
    else if (data.length !== 2) return false;
    else {
      counts.commands++;
      const [first = 0, second = 0] = data;
      if (first === 0xff) register = second;
      if (first === freezeRegister) frozen = second !== 0;
    }
    return true;
  };
  const fetched = (what: number): void => {
    if (what !== fetch.picture) answers.put(new Uint8Array(answerBytes).fill(register));
    else if (frozen) counts.askedWhileFrozen++;
    else making = setTimeout(sendPicture, pictureMs);
  };
  return {
    descriptors: describe({ vendorId, productId, maker: 'Healson', product: 'virtual UP20L', serial }, [255, 255, 255], 1, [
      interfaceOf(0, 0, 2, [255, 255, 255]),
      bulkEndpoint(0x02),
      bulkEndpoint(0x86),
    ]),
    inputs: new Map([[0x86, answers]]),
    outputs: new Map([[0x02, hear]]),
    control({ request: code, value, length }) {
      if (code === request.name) return Uint8Array.from({ length }, (_, at) => 'UP20L virtual probe'.charCodeAt(at) || 0);
      if (code === request.say) nextIs = value;
      else if (code === request.fetch) fetched(value);
      else if (code !== request.begin) return undefined;
      return nothing;
    },
    plugged: (bus) => answers.plugged(bus),
    unplugged: () => clearTimeout(making),
    counts: () => ({ ...counts }),
    act(action) {
      if ('fault' in action) answers.fault(action);
    },
  };

  function renderPicture(phase: number): Uint16Array {
    return Uint16Array.from({ length: lines * samples }, (_, at) =>
      Math.round(9000 * echoAt((at % lines) / (lines - 1), Math.floor(at / lines) / samples, phase)),
    );
  }
}
