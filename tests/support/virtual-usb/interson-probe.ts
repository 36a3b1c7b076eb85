import { bulkEndpoint, describe, interfaceOf } from './descriptors.ts';
import { echoAt } from './echo-phantom.ts';
import { ScanStream } from './scan-stream.ts';
import type { VirtualDevice } from './virtual-device.ts';

/**
 * The device's side of an Interson SeeMore, its firmware running: a transducer that a motor swings to and fro. Facts:
 * kelu124/pyusbus at 7f68591 (docs/interson), requests recorded on the wire, and recorded lines: 2048 bytes each, a nought, the
 * line's number within the turn (odd ones come here), samples. The way back shows the same from the other side.
 */
export const intersonProbe = { vendorId: 0x1921, productId: 0xf001, lineBytes: 2048, turnLines: 80 } as const;

export interface IntersonOptions {
  readonly kind: 'interson';
  readonly serial?: string;
  /** Turns of the motor a second, each two pictures; default 5. */
  readonly turnsPerSecond?: number;
}

const request = { motorOn: 213, motorOff: 214, acquire: 208, halt: 209, supplyOn: 186, supplyOff: 187 } as const;
/** Others that its own program sends, and whose meaning does not matter to whom only answers. */
const accepted = [164, 183, 184, 216, 218, 222, 224, 227, 228];
const asked: Readonly<Record<number, number>> = { 219: 1, 226: 1, 240: 2 };
const nothing = new Uint8Array(0);

export function openIntersonProbe({ serial = '', turnsPerSecond = 5 }: IntersonOptions): VirtualDevice {
  const { vendorId, productId, lineBytes, turnLines } = intersonProbe;
  const stream = new ScanStream({
    address: 0x86,
    frames: Array.from({ length: 8 }, (_, turn) => renderTurn(turn / 8)),
    stamp: () => undefined,
    rateMBps: (turnsPerSecond * turnLines * lineBytes) / 1e6,
  });
  const state = { motor: 0, supply: 0, motorStarts: 0 };
  const obey = (code: number): boolean => {
    if (code === request.motorOn) state.motorStarts += 1 - state.motor;
    if (code === request.motorOn || code === request.motorOff) state.motor = code === request.motorOn ? 1 : 0;
    else if (code === request.supplyOn || code === request.supplyOff) state.supply = code === request.supplyOn ? 1 : 0;
    else if (code === request.acquire && state.motor === 1) stream.start();
    else if (code === request.halt) stream.stop();
    else return code === request.acquire || accepted.includes(code);
    return true;
  };
  return {
    descriptors: describe({ vendorId, productId, maker: 'Interson', product: 'virtual SeeMore', serial }, [255, 0, 0], 1, [
      interfaceOf(0, 0, 0, [255, 0, 0]),
      interfaceOf(0, 1, 3, [255, 0, 0]),
      bulkEndpoint(0x82),
      bulkEndpoint(0x86),
      bulkEndpoint(0x88),
    ]),
    inputs: new Map([[0x86, stream]]),
    outputs: new Map(),
    control: ({ request: code }) => (code in asked ? Uint8Array.of(1, 0) : obey(code) ? nothing : undefined),
    plugged: (bus) => stream.plugged(bus),
    unplugged: () => stream.stop(),
    counts: () => ({ ...stream.counts(), ...state }),
    act(action) {
      if ('fault' in action) stream.fault(action);
      else if ('rateMBps' in action) stream.setRate(action.rateMBps);
    },
  };
}

function renderTurn(phase: number): Uint8Array {
  const { lineBytes, turnLines } = intersonProbe;
  const sweepLines = turnLines / 2;
  const turn = new Uint8Array(turnLines * lineBytes);
  for (let line = 0; line < turnLines; line++) {
    const isBack = line >= sweepLines;
    const across = (isBack ? turnLines - 0.5 - line : line + 0.5) / sweepLines;
    turn[line * lineBytes + 1] = 2 * line + 1;
    for (let at = 2; at < lineBytes; at++) turn[line * lineBytes + at] = Math.round(255 * echoAt(across, at / lineBytes, phase));
  }
  return turn;
}
