import { execFile } from 'node:child_process';
import { AppError, printable } from '../../src/app-error.ts';

export interface FfmpegVersion {
  /** As the program says it: `5.1.9-0+deb12u1`, `n7.1`, `N-118000-g1234abc`. */
  readonly text: string;
  /** Absent of builds between two releases; they are taken for new ones. */
  readonly release?: readonly [major: number, minor: number];
}

const oldest = 4;
/** A program on a busy machine, or on a network drive, takes its time to start. */
const patienceMs = 15_000;

/** Asks the program for its version. Throws `ffmpeg/missing` and `ffmpeg/too-old`. */
export async function versionOf(program: string, signal: AbortSignal): Promise<FfmpegVersion> {
  const said = await new Promise<string>((resolve, reject) => {
    execFile(program, ['-version'], { signal, timeout: patienceMs, maxBuffer: 100_000, killSignal: 'SIGKILL' }, (fault, stdout) => {
      if (fault === null) resolve(stdout);
      else reject(missing(program, fault.killed === true ? `it says nothing for ${patienceMs / 1000} s` : fault.message));
    });
  });
  const version = parseVersion(said);
  if (version === undefined) throw missing(program, 'it does not answer as ffmpeg does');
  if (version.release !== undefined && version.release[0] < oldest) {
    throw new AppError('ffmpeg/too-old', { version: printable(version.text, 40), needed: oldest });
  }
  return version;
}

export function parseVersion(said: string): FfmpegVersion | undefined {
  const text = /^ffmpeg version (\S+)/.exec(said)?.[1];
  if (text === undefined) return undefined;
  const numbers = /^n?(\d+)\.(\d+)/.exec(text);
  return numbers === null ? { text } : { text, release: [Number(numbers[1]), Number(numbers[2])] };
}

/** Every picture as it comes, none doubled or left out to even the rate: `-fps_mode` since 5.1, its older name was taken out later. */
export function passThrough({ release }: FfmpegVersion): readonly string[] {
  const [major, minor] = release ?? [Number.POSITIVE_INFINITY, 0];
  return [major > 5 || (major === 5 && minor >= 1) ? '-fps_mode' : '-vsync', 'passthrough'];
}

const missing = (program: string, reason: string): AppError =>
  new AppError('ffmpeg/missing', { program: printable(program, 120), reason: printable(reason) });
