import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stores } from '../../src/examination/stores.ts';
import type { ServerMessage, ViewerMessage } from '../../src/protocol/messages.ts';
import type { Role } from '../../src/protocol/roles.ts';
import { enter, tokenOf } from '../access/asking.ts';
import { openRoom, type TestViewer } from '../broadcast/test-room.ts';

export type Told<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;
type Asking<Message> = Message extends { request: number } ? Omit<Message, 'request'> : never;
export type Question = Asking<ViewerMessage>;

const small = { kind: 'ultrasound', width: 160, height: 120, fps: 20 };

/** What marks and kept things are called: sixteen digits. */
export const named = (number: number): string => number.toString(16).padStart(16, '0');

export const line = (x: number, number = 1) => ({
  kind: 'distance',
  number,
  points: [
    { x, y: 10 },
    { x: 60, y: 20 },
  ],
});

/** A question and its answer, whatever else is told meanwhile. */
export async function asked(viewer: TestViewer, message: Question): Promise<ServerMessage> {
  const request = nextRequest(viewer);
  viewer.say({ ...message, request } as ViewerMessage);
  return await answerTo(viewer, request);
}

export async function answerTo(viewer: TestViewer, request: number): Promise<ServerMessage> {
  const answered = (): ServerMessage | undefined => viewer.messages.find((heard) => 'request' in heard && heard.request === request);
  await viewer.until(() => answered() !== undefined);
  return answered() as ServerMessage;
}

/** The code of the error that answers, or what the answer is. */
export async function outcome(viewer: TestViewer, message: Question): Promise<string> {
  const answer = await asked(viewer, message);
  return answer.type === 'error' ? answer.error.code : answer.type;
}

const requests = new WeakMap<TestViewer, number>();
export function nextRequest(viewer: TestViewer): number {
  const next = (requests.get(viewer) ?? 0) + 1;
  requests.set(viewer, next);
  return next;
}

/** Resolves when everything that was said to a viewer before has come. */
export async function caughtUp(viewer: TestViewer): Promise<void> {
  const pongs = (): number => viewer.messages.filter(({ type }) => type === 'pong').length;
  const before = pongs();
  viewer.say({ type: 'ping', sentUs: 1 });
  await viewer.until(() => pongs() > before);
}

/** What keeps or records, with something else in the place of some of what it does. */
export function instead<Whole extends object>(whole: Whole, parts: Partial<Whole>): Whole {
  return new Proxy(whole, {
    get(target, name) {
      const value: unknown = Reflect.get(name in parts ? parts : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A room of two small streams with an archive of its own, and people who come by invitation. */
export async function openCompany(
  limits: object = { messagesPerSecond: 100_000 },
  folder = mkdtempSync(join(tmpdir(), 'lumencast-desk-')),
  names: readonly [string, string] = ['Echo', 'Angiogram'],
  between?: (stores: Stores) => Stores,
) {
  const streams = [
    { name: names[0], options: small },
    { name: names[1], options: { ...small, kind: 'fluoroscopy' } },
  ];
  const past = { minutes: 2, mebibytes: 64, memoryMebibytes: 32 };
  const room = await openRoom(streams, limits, { access: 'invited', dataFolder: folder, archive: {}, past }, undefined, between);
  const keys: { authorization: string }[] = [await enter(room.address, tokenOf(room.invitation), 'Dr Operator')];
  const operator = await room.view(true, { headers: keys[0] as { authorization: string } });
  const enterAs = async (role: Role, name: string, streams?: number[], once = false): Promise<{ authorization: string }> => {
    const invited = await asked(operator, { type: 'invite', label: name, role, minutes: 60, once, ...(streams && { streams }) });
    return await enter(room.address, tokenOf((invited as Told<'invited'>).link), name);
  };
  /** Of a frame that everybody has seen. */
  const fromUs = Date.now() * 1000;
  const epoch = (stream = 0): number => room.streams[stream]?.describe().epoch ?? 0;
  for (const stream of room.streams) {
    operator.say({ type: 'watch', stream: stream.id, views: ['processed'] });
    await operator.until(() => operator.frames.some(({ header }) => header.stream === stream.id));
  }
  return {
    folder,
    room,
    operator,
    operatorKey: keys[0] as { authorization: string },
    enterAs,
    epoch,
    async somebody(role: Role, name: string, streams?: number[]): Promise<TestViewer> {
      return await room.view(true, { headers: await enterAs(role, name, streams) });
    },
    put: (mark: number, revision: number, x: number, more: object = {}) =>
      ({
        type: 'put-mark',
        mark: named(mark),
        stream: 0,
        on: { epoch: epoch() },
        revision,
        shape: line(x),
        fromUs,
        ...more,
      }) as const,
    async close(keep = false) {
      await room.close();
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}
