import { h264Ask } from '../src/codec/h264.ts';

/** A browser that does not know by then whether it decodes video is taken for one that does not: pictures wait for the answer. */
const answerMs = 1500;

/** Whether this browser decodes H.264; pages over plain HTTP from another machine have no decoder at all. */
export async function decodesVideo(): Promise<boolean> {
  if (typeof VideoDecoder === 'undefined') return false;
  const answer = VideoDecoder.isConfigSupported({ codec: h264Ask, optimizeForLatency: true }).then(
    ({ supported }) => supported === true,
    () => false,
  );
  const { promise: silence, resolve } = Promise.withResolvers<boolean>();
  const patience = setTimeout(() => resolve(false), answerMs);
  const decodes = await Promise.race([answer, silence]);
  clearTimeout(patience);
  return decodes;
}
