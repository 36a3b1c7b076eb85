import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { WebSocket } from 'ws';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One HTTP request with whatever headers, also those that fetch would not send; no certificate is asked for. */
export function ask(address: string, path: string, headers: OutgoingHttpHeaders = {}, method = 'GET', body?: object): Promise<Answer> {
  const url = new URL(path, address);
  const content = body === undefined ? undefined : JSON.stringify(body);
  const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
  const all = content === undefined ? headers : { 'content-type': 'application/json', ...headers };
  return new Promise((resolve, reject) => {
    const asked = send(url, { method, headers: all, rejectUnauthorized: false, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (data: Buffer) => {
        text += data.toString();
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asked.on('error', reject).end(content);
  });
}

/** The status that an upgrade is refused with; 101 where it is not. */
export function knock(address: string, headers: Record<string, string> = {}, path = 'ws'): Promise<number> {
  return new Promise((resolve) => {
    const { origin, ...others } = headers;
    const settings = { headers: others, rejectUnauthorized: false, ...(origin !== undefined && { origin }) };
    const socket = new WebSocket(`${address.replace('http', 'ws')}${path}`, 'lumencast.v1', settings);
    socket.on('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.on('open', () => {
      resolve(101);
      socket.terminate();
    });
    socket.on('error', () => undefined);
  });
}

export const tokenOf = (link: string | undefined): string => new URL(link ?? '').hash.replace('#invite=', '');

/** Turns an invitation into the header of a session. */
export async function enter(address: string, token: string, name?: string): Promise<{ authorization: string }> {
  const body = { invitation: token, bearer: true, ...(name !== undefined && { name }) };
  const { status, text } = await ask(address, 'session', {}, 'POST', body);
  if (status !== 200) throw new Error(`${status}: ${text}`);
  return { authorization: `Bearer ${(JSON.parse(text) as { session: string }).session}` };
}
