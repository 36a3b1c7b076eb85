import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError, printable } from '../app-error.ts';
import { type TierName, tierNames } from '../protocol/tiers.ts';
import { AgeHistogram } from './age-histogram.ts';
import { ask, type Question } from './ask.ts';
import { LoadViewer } from './load-viewer.ts';

export interface LoadSettings {
  /** Address that the server printed, or a link of an invitation. */
  readonly address: URL;
  readonly viewers: number;
  readonly seconds: number;
  readonly stream: number;
  readonly tier: TierName | 'auto';
  /** The server made its certificate itself. */
  readonly trustAnyCertificate: boolean;
}

export interface LoadReport {
  readonly viewers: number;
  /** Those that the server closed before the end, with its reasons. */
  readonly ended: readonly string[];
  readonly seconds: number;
  readonly framesPerSecond: { readonly mean: number; readonly least: number; readonly most: number };
  readonly megabitsPerSecondPerViewer: number;
  readonly ageMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  /** Frames that were captured and not sent to a viewer, of all viewers. */
  readonly skipped: number;
  readonly skippedShare: number;
  /** Share of one core that the server spent for each viewer, and for each frame to one; absent where it does not tell. */
  readonly serverCpu?: { readonly cores: number; readonly corePerViewer: number; readonly microsecondsPerFrame: number };
  /** Cores that encoding H.264 took beside the server, for all viewers together, and whatever else it started that has ended meanwhile; absent where it does not tell. */
  readonly encoderCpu?: { readonly cores: number };
  /** Share of a core that this tool took; above 0.9 its own ages are not to be trusted. */
  readonly ownCores: number;
}

/** `lumencast load`: the report as a table, or as one line of JSON. */
export async function loadCommand(asked: LoadCommand, tell: (line: string) => void): Promise<void> {
  const { viewers, seconds, stream, insecure, json } = asked;
  const settings = { address: addressOf(asked.address), tier: tierOf(asked.tier), viewers, seconds, stream, trustAnyCertificate: insecure };
  const report = await runLoad(settings, (text) => (json ? undefined : tell(text)));
  tell(json ? JSON.stringify(report) : inWords(report));
}

/** What the command line gave, before it was checked. */
export interface LoadCommand {
  readonly address: string;
  readonly viewers: number;
  readonly seconds: number;
  readonly stream: number;
  readonly tier: string;
  readonly insecure: boolean;
  readonly json: boolean;
}

/** Viewers that knock at the same time. */
const atOnce = 16;
/** Before anything is counted: lines are being judged, tiers chosen. */
const settleMs = 5000;

/** Watches a running server with many viewers at once. Throws `load/refused` where one of them is not let in. */
export async function runLoad(settings: LoadSettings, tell: (text: string) => void): Promise<LoadReport> {
  const ages = new AgeHistogram();
  let counting = false;
  let bytes = 0;
  const base = new URL('/', settings.address);
  const socketAddress = new URL('/ws', base);
  socketAddress.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:';
  const headers = await sessionOf(settings);
  const ofServer = { headers, trustAnyCertificate: settings.trustAnyCertificate };
  const viewers: LoadViewer[] = [];
  try {
    for (let asked = 0; asked < settings.viewers; asked += atOnce) {
      const next = Array.from({ length: Math.min(atOnce, settings.viewers - asked) }, () =>
        LoadViewer.open({
          address: socketAddress,
          ...ofServer,
          stream: settings.stream,
          tier: settings.tier,
          frame(length, ageMs) {
            if (!counting) return;
            bytes += length;
            ages.add(ageMs);
          },
        }),
      );
      const opened = await Promise.allSettled(next);
      viewers.push(...opened.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])));
      for (const one of opened) if (one.status === 'rejected') throw one.reason;
    }
    tell(`${viewers.length} viewers are in; counting for ${settings.seconds} s`);
    await wait(settleMs);

    const countsNow = () => viewers.map(({ frames, skipped }) => ({ frames, skipped }));
    const cpuBefore = await cpuSeconds(base, ofServer);
    const own = process.cpuUsage();
    const before = countsNow();
    const startMs = performance.now();
    counting = true;
    await wait(settings.seconds * 1000);
    counting = false;
    const seconds = (performance.now() - startMs) / 1000;
    const after = countsNow();
    const { user, system } = process.cpuUsage(own);
    const cpuAfter = await cpuSeconds(base, ofServer);

    const frames = after.map((counts, at) => counts.frames - (before[at]?.frames ?? 0));
    const skipped = after.reduce((sum, counts, at) => sum + counts.skipped - (before[at]?.skipped ?? 0), 0);
    const total = frames.reduce((sum, count) => sum + count, 0);
    const coresOf = (part: keyof CpuSeconds): number | undefined => {
      const [from, to] = [cpuBefore?.[part], cpuAfter?.[part]];
      return from === undefined || to === undefined ? undefined : (to - from) / seconds;
    };
    const [cores, encoderCores] = [coresOf('server'), coresOf('encoders')];
    return {
      viewers: viewers.length,
      ended: viewers.flatMap(({ ended }) => ended ?? []),
      seconds: rounded(seconds, 2),
      framesPerSecond: {
        mean: rounded(total / seconds / viewers.length, 2),
        least: rounded(Math.min(...frames) / seconds, 2),
        most: rounded(Math.max(...frames) / seconds, 2),
      },
      megabitsPerSecondPerViewer: rounded((bytes * 8) / 1e6 / seconds / viewers.length, 4),
      ageMs: { p50: ages.quantile(0.5), p95: ages.quantile(0.95), p99: ages.quantile(0.99), max: ages.max },
      skipped,
      skippedShare: rounded(skipped / Math.max(1, total + skipped), 4),
      ...(cores !== undefined && {
        serverCpu: {
          cores: rounded(cores, 3),
          corePerViewer: rounded(cores / viewers.length, 5),
          microsecondsPerFrame: rounded((cores * seconds * 1e6) / Math.max(1, total), 1),
        },
      }),
      ...(encoderCores !== undefined && { encoderCpu: { cores: rounded(encoderCores, 3) } }),
      ownCores: rounded((user + system) / 1e6 / seconds, 3),
    };
  } finally {
    await Promise.all(viewers.map((viewer) => viewer.close()));
  }
}

/** The report as a table for people. */
function inWords(report: LoadReport): string {
  const { framesPerSecond: fps, ageMs: age, serverCpu: cpu, encoderCpu } = report;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const rows: [string, string][] = [
    ['viewers', `${report.viewers}${report.ended.length > 0 ? `, ${report.ended.length} closed by the server (${report.ended[0]})` : ''}`],
    ['frames per second', `${fps.mean} (${fps.least} to ${fps.most})`],
    ['per viewer', `${report.megabitsPerSecondPerViewer.toFixed(2)} Mbit/s`],
    ['age on arrival', `p50 ${ms(age.p50)}, p95 ${ms(age.p95)}, p99 ${ms(age.p99)}, max ${ms(age.max)}`],
    ['skipped', `${report.skipped} frames (${(report.skippedShare * 100).toFixed(2)} %)`],
    [
      'server',
      cpu === undefined
        ? 'does not tell its CPU time'
        : `${cpu.cores} cores, ${(cpu.corePerViewer * 100).toFixed(2)} % of a core per viewer, ${cpu.microsecondsPerFrame} µs per frame`,
    ],
    ['video encoders', encoderCpu === undefined ? 'their CPU time is not told' : `${encoderCpu.cores} cores, for all viewers together`],
    [
      'this tool',
      `${report.ownCores} cores${report.ownCores > 0.9 ? ': it is the bottleneck, take fewer viewers or a second machine' : ''}`,
    ],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(18)}${value}`).join('\n');
}

/** Comes in by an invitation where the address is a link with one: all viewers are one guest. Throws `load/refused`. */
async function sessionOf({ address, trustAnyCertificate }: LoadSettings): Promise<Readonly<Record<string, string>>> {
  const [, invitation] = address.hash.split('#invite=');
  if (invitation === undefined) return {};
  const body = JSON.stringify({ invitation, name: 'lumencast load', bearer: true });
  const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body, trustAnyCertificate } as const;
  try {
    const { text } = await ask(new URL('/session', address), asked);
    const answer = JSON.parse(text) as { session?: string; message?: string };
    if (answer.session !== undefined) return { authorization: `Bearer ${answer.session}` };
    throw new Error(answer.message ?? 'no session');
  } catch (thrown) {
    throw new AppError('load/refused', { address: address.host, reason: printable((thrown as Error).message) }, { cause: thrown });
  }
}

type OfServer = Pick<Question, 'headers' | 'trustAnyCertificate'>;

interface CpuSeconds {
  readonly server: number | undefined;
  readonly encoders: number | undefined;
}

async function cpuSeconds(base: URL, ofServer: OfServer): Promise<CpuSeconds | undefined> {
  const answer = await ask(new URL('/metrics', base), ofServer).catch(() => undefined);
  if (answer?.status !== 200) return undefined;
  const secondsOf = (name: string): number | undefined => {
    const line = answer.text.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  };
  const children = (program: string): number | undefined => secondsOf(`lumencast_child_cpu_seconds_total{program="${program}"}`);
  const ended = children('ended');
  return {
    server: secondsOf('process_cpu_seconds_total'),
    // An encoder that was replaced meanwhile counts with its last breath.
    encoders: ended === undefined ? undefined : ended + (children('video-process') ?? 0),
  };
}

function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  const allowed = 'the address that the server printed, e.g. http://127.0.0.1:8420/';
  throw new AppError('cli/bad-value', { option: 'load', value: text, allowed });
}

function tierOf(text: string): TierName | 'auto' {
  const tier = (['auto', ...tierNames] as const).find((name) => name === text);
  if (tier === undefined) throw new AppError('cli/bad-value', { option: '--tier', value: text, allowed: `auto, ${tierNames.join(', ')}` });
  return tier;
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
