import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { StageChain } from '../stage/chain.ts';
import { BandControl, type BandOrder, type BandSetup } from './bands.ts';

/**
 * The thread of one band of rows: waits for its turn in shared memory, takes what settings have come meanwhile, works on its
 * rows, says so. Ends when it is told to, or with the stream's thread.
 */
const { memory, control: buffer, format, band, scratch, settings } = workerData as BandSetup;
const port = parentPort as MessagePort;
const control = new BandControl(buffer);

try {
  const kernelsOn = await compileKernels(undefined, false);
  const chain = new StageChain(settings, format, { kernels: kernelsOn(memory), memory: memory.buffer, scratch });
  chain.share(band);
  control.done(band.index, 0);
  for (let turn = control.waitForTurn(0); turn !== undefined; turn = control.waitForTurn(turn)) {
    for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) {
      const { stage, ...change } = received.message as BandOrder;
      chain.set(stage, change);
    }
    const { work, truth } = control.take();
    chain.applyBand(work, truth);
    control.done(band.index, turn);
  }
} catch (thrown) {
  control.fail(band.index);
  throw thrown;
}
port.close();
