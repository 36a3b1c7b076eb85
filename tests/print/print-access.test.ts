import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServerMessage } from '../../src/protocol/messages.ts';
import type { Role } from '../../src/protocol/roles.ts';
import { ask, enter, tokenOf } from '../access/asking.ts';
import { openRoom, type TestViewer } from '../broadcast/test-room.ts';

const kept = 'aaaaaaaaaaaaaaa1';
const small = { kind: 'ultrasound', width: 160, height: 120, fps: 20 };

describe('who may print', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lumencast-print-access-'));
  let room: Awaited<ReturnType<typeof openRoom>>;
  let operator: TestViewer;
  let key: { authorization: string };
  let examination = '';
  let requests = 0;

  const answer = async (message: object): Promise<ServerMessage> => {
    const request = ++requests;
    operator.say({ ...message, request } as never);
    const found = (): ServerMessage | undefined =>
      operator.messages.findLast(
        (heard) => 'request' in heard && heard.request === request && !(heard.type === 'kept' && heard.kept.state !== 'kept'),
      );
    await operator.until(() => found() !== undefined);
    return found() as ServerMessage;
  };

  async function guest(role: Role, streams?: readonly number[]): Promise<{ authorization: string }> {
    const invited = await answer({ type: 'invite', label: 'Ward', role, minutes: 60, once: false, ...(streams && { streams }) });
    return await enter(room.address, tokenOf(invited.type === 'invited' ? invited.link : undefined));
  }

  async function print(headers: Record<string, string>): Promise<{ status: number; code: string | undefined }> {
    const order = { pictures: [{ kept }], layout: 1, paper: 'A4', marks: true, patient: true, language: 'en', timeZone: 'UTC' };
    const { status, text } = await ask(room.address, 'print', headers, 'POST', { examination, ...order });
    return { status, code: status === 200 ? undefined : (JSON.parse(text) as { code: string }).code };
  }

  beforeAll(async () => {
    const streams = [
      { name: 'Echo', options: small },
      { name: 'Angiogram', options: small },
    ];
    room = await openRoom(streams, {}, { access: 'invited', dataFolder: folder, archive: {}, past: { minutes: 1 } });
    key = await enter(room.address, tokenOf(room.invitation));
    operator = await room.view(true, { headers: key });
    operator.say({ type: 'watch', stream: 0, views: ['processed'] });
    await operator.until(() => operator.frames.length > 3);
    const opened = await answer({ type: 'open-examination', patient: { name: 'Somebody', id: '1' } });
    examination = opened.type === 'examination-set' ? (opened.examination?.examination ?? '') : '';
    expect(await answer({ type: 'keep', kept, stream: 0, kind: 'still' })).toMatchObject({ kept: { state: 'kept' } });
  });
  afterAll(async () => {
    await room.close();
    rmSync(folder, { recursive: true });
  });

  it('a marker, of streams that are shown to him', async () => {
    expect(await print({})).toEqual({ status: 401, code: 'access/no-session' });
    expect(await print(await guest('observer'))).toEqual({ status: 403, code: 'access/not-permitted' });
    expect(await print(await guest('marker', [1]))).toEqual({ status: 404, code: 'print/not-there' });
    expect(await print(await guest('marker', [0]))).toMatchObject({ status: 200 });
  });

  it('of an earlier examination an operator of everything', async () => {
    expect(await answer({ type: 'close-examination' })).toMatchObject({ type: 'examination-set' });
    expect(await print(await guest('marker'))).toEqual({ status: 403, code: 'access/not-permitted' });
    expect(await print(await guest('operator', [0]))).toEqual({ status: 403, code: 'access/not-all-streams' });
    expect(await print(key)).toMatchObject({ status: 200 });
  });
});
