import { Compile } from 'typebox/compile';
import { AppError, printable } from '../app-error.ts';
import { schemaFault } from '../config/schema-fault.ts';
import { examinationViewerMessages } from '../protocol/examination-messages.ts';
import { type ViewerMessage, viewerMessages } from '../protocol/messages.ts';

const validators = Object.fromEntries(Object.entries(viewerMessages).map(([type, schema]) => [type, Compile(schema)]));

/** A viewer's text as a message. Throws protocol/… errors that say where and what; the text is bounded by the socket's maxPayload. */
export function readViewerMessage(text: string): ViewerMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new AppError('protocol/not-json', {}, { cause: thrown });
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  const validator = typeof type === 'string' && Object.hasOwn(validators, type) ? validators[type] : undefined;
  if (validator === undefined) {
    const reason = `${printable(JSON.stringify(type) ?? 'nothing', 40)}; known: ${Object.keys(viewerMessages).join(', ')}`;
    throw new AppError('protocol/bad-message', { where: 'type', reason });
  }
  if (validator.Check(value)) return value as ViewerMessage;
  const fault = schemaFault(viewerMessages[type as ViewerMessage['type']], value);
  const { kind = '', key = '', value: given, allowed = '' } = fault ?? {};
  // Nothing of a patient is repeated, not even what is wrong.
  const found = kind === 'bad-value' && !/^(patient|text)/.test(key) ? given : kind;
  const code = Object.hasOwn(examinationViewerMessages, String(type)) ? 'examination/bad-message' : 'protocol/bad-message';
  throw new AppError(code, { where: `${String(type)}.${key}`, reason: `${found}, allowed: ${allowed}` });
}

/** The request that a refused text belongs to, as far as it can be made out. */
export function requestIn(text: string): number | undefined {
  try {
    const { request } = JSON.parse(text) as { request?: unknown };
    return typeof request === 'number' && Number.isInteger(request) && request >= 0 ? request : undefined;
  } catch {
    return undefined;
  }
}
