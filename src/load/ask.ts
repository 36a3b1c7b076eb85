import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';

const patienceMs = 5000;
const longestAnswerBytes = 2 ** 22;

export interface Question {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What fetch cannot be told: the server made its certificate itself. */
  readonly trustAnyCertificate: boolean;
}

/** One HTTP request. Rejects where nobody answers in time, or without end. */
export function ask(
  address: URL,
  { method = 'GET', headers = {}, body, trustAnyCertificate }: Question,
): Promise<{ status: number; text: string }> {
  const send = address.protocol === 'https:' ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const settings = { method, headers, agent: false, rejectUnauthorized: !trustAnyCertificate, signal: AbortSignal.timeout(patienceMs) };
    const asked = send(address, settings, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
        if (text.length > longestAnswerBytes) answer.destroy(new Error('the answer has no end'));
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
