import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { giveWay } from './give-way.ts';
import type { RecorderEvent, RecorderOrder, RecorderSetup } from './recorder-orders.ts';
import { Recording } from './recording.ts';

/** The thread that records one stream. */
const port = parentPort as MessagePort;
const tell = (event: RecorderEvent): void => port.postMessage(event);
giveWay();
const recording = new Recording(workerData as RecorderSetup, tell);
let ended = false;

port.on('message', (order: RecorderOrder) => {
  if (typeof order === 'number') {
    recording.take(order);
    tell({ event: 'taken' });
    return;
  }
  switch (order.order) {
    case 'copied':
      recording.takeCopy(order.bytes);
      tell({ event: 'copy-taken', bytes: order.bytes.length });
      break;
    case 'memory':
      recording.setMemory(order.place);
      break;
    case 'describe':
      recording.describe(order.epoch, order.text);
      break;
    case 'clip':
      recording.startClip(order);
      break;
    case 'clip-end':
      recording.endClip(order.clip, order.toUs);
      break;
    case 'clip-discard':
      recording.discardClip(order.clip);
      break;
    case 'end':
      void end();
      break;
  }
});

async function end(): Promise<void> {
  if (ended) return;
  ended = true;
  await recording.close();
  port.close();
}
