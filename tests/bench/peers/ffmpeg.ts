import { spawnSync } from 'node:child_process';

/** One filter of ffmpeg over a file of raw frames, one thread. */
export interface FfmpegWork {
  readonly input: string;
  readonly inputFormat: string;
  /** `null` as filter: what reading and handing on cost. */
  readonly filter: string;
  readonly frames: number;
  /** Further inputs, for filters that take more than one. */
  readonly more?: readonly string[];
}

/** Version of the ffmpeg on the path; undefined: there is none. */
export function ffmpegVersion(): string | undefined {
  const { status, stdout } = spawnSync('ffmpeg', ['-hide_banner', '-version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split(' ')[2] : undefined;
}

const patienceMs = 120_000;

/** CPU milliseconds a frame beyond those of the `null` filter. Throws where ffmpeg fails, or takes longer than all patience. */
export function ffmpegMs(work: FfmpegWork, width: number, height: number): number {
  const cpuMs = (filter: string, more: readonly string[]): number => {
    const graph = more.length === 0 ? ['-vf', filter] : ['-filter_complex', filter];
    const args = [
      ...['-hide_banner', '-benchmark', '-threads', '1', '-filter_threads', '1', '-filter_complex_threads', '1', '-stream_loop', '-1'],
      ...['-f', 'rawvideo', '-pix_fmt', work.inputFormat, '-s', `${width}x${height}`, '-i', work.input],
      ...more.flatMap((input) => ['-i', input]),
      ...[...graph, '-frames:v', String(work.frames), '-f', 'null', '-'],
    ];
    const { stderr, status, error } = spawnSync('ffmpeg', args, { encoding: 'utf8', timeout: patienceMs, killSignal: 'SIGKILL' });
    const [, user, system] = /utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr) ?? [];
    if (status !== 0 || user === undefined) throw new Error(error?.message ?? stderr.trim().split('\n').at(-1), { cause: error });
    return (1000 * (Number(user) + Number(system))) / work.frames;
  };
  return cpuMs(work.filter, work.more ?? []) - cpuMs('null', []);
}
