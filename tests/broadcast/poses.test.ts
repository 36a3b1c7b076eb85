import { afterEach, expect, it } from 'vitest';
import { image, message, transform } from '../support/openigtlink/messages.ts';
import { serverThat } from '../support/openigtlink/server-that.ts';
import { openRoom } from './test-room.ts';

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
afterEach(async () => {
  await room?.close();
  room = undefined;
});

it('come before the frame that they belong to, with the tools in the description and the clock in the counts', async () => {
  await using sender = await serverThat((socket) => {
    let index = 0;
    const timer = setInterval(() => {
      const stampedS = Date.now() / 1000;
      // A byte of the picture holds no more.
      const place = index++ & 0xff;
      socket.write(message('TRANSFORM', transform(place), { device: 'ProbeToTracker', stampedS }));
      socket.write(message('IMAGE', image(new Uint8Array(12).fill(place), { width: 4, height: 3 }), { stampedS }));
    }, 20);
    socket.on('close', () => clearInterval(timer));
  });
  room = await openRoom([{ name: 'Tracked', driver: 'openigtlink', options: { host: '127.0.0.1', port: sender.port } }]);
  const viewer = await room.view();
  const told: number[] = [];
  const early: boolean[] = [];
  viewer.socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) early.push(told.includes(viewer.frames.at(-1)?.header.sequence ?? -1));
    else if (data.toString().startsWith('{"type":"poses"')) told.push((JSON.parse(data.toString()) as { sequence: number }).sequence);
  });
  viewer.say({ type: 'watch', stream: 0, views: ['processed', 'raw'] });
  await viewer.until(() => viewer.frames.length > 20 && viewer.last('stats')?.clockResidualMs !== undefined);
  expect(early).not.toContain(false);
  // Both views of a frame have the same: they are not told twice in a row.
  expect(told.some((sequence, index) => sequence === told[index - 1])).toBe(false);
  for (const { header, payload } of viewer.frames.filter(({ header: { view } }) => view === 'raw')) {
    const poses = viewer.messages.find((one) => one.type === 'poses' && one.sequence === header.sequence);
    if (poses?.type !== 'poses') expect.fail(`no poses of frame ${header.sequence}`);
    expect(poses.poses).toMatchObject([{ tool: 'ProbeToTracker', source: 'measured', ageMs: 0 }]);
    expect(poses.poses[0]?.matrix?.[3]).toBe(payload[0]);
  }
  expect(viewer.last('stream')?.stream.tools).toEqual(['ProbeToTracker']);
  expect(viewer.last('stats')?.clockResidualMs).toBeGreaterThanOrEqual(0);
  const metrics = await (await fetch(`${room.address}metrics`)).text();
  expect(metrics).toMatch(/lumencast_clock_residual_seconds\{stream="Tracked"\} \d/);
});
