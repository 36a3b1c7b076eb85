import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServerMessage, ViewerMessage } from '../../src/protocol/messages.ts';
import { openRoom, type TestViewer } from '../broadcast/test-room.ts';

type Told<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

const small = { kind: 'ultrasound', width: 160, height: 120, fps: 20 };
const id = (number: number): string => number.toString(16).padStart(16, '0');

let room: Awaited<ReturnType<typeof openRoom>>;
let one: TestViewer;
let other: TestViewer;
let request = 0;

const asked = async (viewer: TestViewer, message: Omit<ViewerMessage, 'request'> & object): Promise<ServerMessage> => {
  const own = ++request;
  viewer.say({ ...message, request: own } as ViewerMessage);
  const answered = (): ServerMessage | undefined => viewer.messages.find((heard) => 'request' in heard && heard.request === own);
  await viewer.until(() => answered() !== undefined);
  return answered() as ServerMessage;
};
const epoch = (): number => room.streams[0]?.describe().epoch ?? 0;
const distance = (x: number) => ({
  kind: 'distance',
  number: 1,
  points: [
    { x, y: 10 },
    { x: 60, y: 20 },
  ],
});
const put = (mark: number, revision: number, x: number, more: object = {}) =>
  ({ type: 'put-mark', mark: id(mark), stream: 0, on: { epoch: epoch() }, revision, shape: distance(x), fromUs: 1, ...more }) as const;

describe('marks of several people', () => {
  beforeAll(async () => {
    room = await openRoom([{ name: 'Echo', options: small }]);
    one = await room.view();
    other = await room.view();
    one.say({ type: 'watch', stream: 0, views: ['processed'] });
    await one.until(() => one.frames.length > 0);
  });
  afterAll(() => room.close());

  it('a mark that one puts is told to the other, with its author, number and picture', async () => {
    const answer = (await asked(one, put(1, 0, 5))) as Told<'mark-put'>;
    expect(answer).toMatchObject({
      type: 'mark-put',
      mark: { mark: id(1), revision: 1, shape: { number: 1 }, picture: { width: 160, height: 120 } },
    });
    await other.until(() => other.last('mark-put') !== undefined);
    const { request: _, ...told } = answer;
    expect(other.last('mark-put')).toEqual(told);
  });
});
