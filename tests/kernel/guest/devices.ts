import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { VirtualBus } from '../../support/virtual-usb/virtual-bus.ts';
import { tell } from './tell.ts';

/** What the kernel's own drivers make of our descriptors: they are the independent readers. */
await using bus = await VirtualBus.open();
await bus.plug({ kind: 'uvc' });
await bus.plug({ kind: 'acm' });
const lines = await bus.plug({ kind: 'lines' });

const seen = (): string[] => readdirSync('/dev').filter((name) => /^(video4|ttyACM0)$/.test(name));
const attached = (): string[] => readdirSync('/sys/bus/usb/devices').filter((name) => /^\d+-\d+$/.test(name));

for (let tries = 0; tries < 100 && (seen().length < 2 || attached().length < 3); tries++) await wait(50);
tell({ drivers: seen().sort(), attached: attached().length });
await lines.unplug();
for (let tries = 0; tries < 100 && attached().length > 2; tries++) await wait(50);
tell({ attached: attached().length });
