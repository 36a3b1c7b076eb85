import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { TestViewer } from '../broadcast/test-room.ts';
import { describeOnKernel } from './on-test-kernel.ts';

describeOnKernel('the USB demonstration', () => {
  it('lets the host see the picture of a probe in the guest, lose it and get it back', async () => {
    const demo = spawn(process.execPath, [join(import.meta.dirname, 'demo.ts'), '--port', '0'], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const address = await addressOf(demo.stdout);
      const viewer = new TestViewer(address, true);
      await viewer.until(() => viewer.messages.length > 0, 30_000);
      viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
      await viewer.until(() => viewer.frames.length >= 3, 60_000);
      demo.stdin.write('unplug convex\n');
      await viewer.until(() => stateOf(viewer) === 'lost', 30_000);
      const seen = viewer.frames.length;
      demo.stdin.write('plug convex\n');
      await viewer.until(() => viewer.frames.length >= seen + 3, 60_000);
      expect(new Set(viewer.frames.map(({ header }) => header.sequence)).size).toBe(viewer.frames.length);
      viewer.socket.terminate();
    } finally {
      const gone = once(demo, 'exit');
      demo.kill('SIGTERM');
      await gone;
    }
  }, 240_000);
});

async function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const [address] = /http:\S+/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error('the demonstration ended before its server stood');
}

function stateOf(viewer: TestViewer): string | undefined {
  const told = viewer.messages.findLast((message) => message.type === 'state' && message.stream === 0);
  return told?.type === 'state' ? told.source.state : undefined;
}
