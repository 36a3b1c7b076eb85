import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError, type ErrorCode, errorOf } from '../app-error.ts';
import { type Room, readRoomFile } from '../config/room.ts';
import { anchorClock, monotonicNs, unixUs } from '../device/clock.ts';
import { settled } from '../stream/settled.ts';
import { Stream, type StreamLog } from '../stream/stream.ts';
import { Brightness } from './brightness.ts';
import { crossing, type DelayReport, reportOf } from './step-delay.ts';
import { StepScreen } from './step-screen.ts';

export interface CalibrateCommand {
  readonly room: Room;
  readonly configFile: string;
  /** Number of the stream in the room. */
  readonly stream: number;
  readonly steps: number;
  /** Port of the page, 0: any free one. */
  readonly port: number;
  /** Puts the result into the configuration. */
  readonly write: boolean;
  readonly json: boolean;
}

const pageMs = 600_000;
const stepMs = 3000;
const learnMs = 1500;
/** Flashes faster than three a second can harm people (WCAG 2.3.1); a random wait lets steps fall anywhere between two pictures. */
const shortestRestMs = 700;
const longestRestMs = 1300;
/** Of the brighter level: less may be noise or the room's light. */
const leastContrast = 0.05;

/**
 * Measures a device's own delay: a page turns white and black on a screen that the device sees, and the stream is watched for it.
 * Throws `calibrate/…`, or why the stream does not run.
 */
export async function calibrateLatency(command: CalibrateCommand, log: StreamLog, line: (text: string) => void): Promise<DelayReport> {
  const settings = command.room.streams[command.stream];
  if (settings === undefined) throw new AppError('protocol/unknown-stream', { stream: command.stream });
  const clock = anchorClock();
  const stream = new Stream(0, { ...settings, deviceDelayMs: 0 }, command.room.limits, clock, log);
  const brightness = new Brightness(stream, performance.now() - unixUs(clock, monotonicNs()) / 1000);
  let screen: StepScreen | undefined;
  try {
    screen = await StepScreen.open(command.port);
    stream.start();
    await running(stream);
    line(command.json ? JSON.stringify({ page: screen.address }) : openText(screen.address, settings.name));
    await screen.opened(AbortSignal.timeout(pageMs)).catch((thrown) => {
      throw new AppError('calibrate/page-gone', { seconds: pageMs / 1000 }, { cause: thrown });
    });
    const report = await measure(screen, brightness, command.steps);
    if (command.write) writeDelay(command, report.deviceDelayMs);
    for (const text of reportText(command, settings.name, report)) line(text);
    return report;
  } finally {
    brightness.close();
    await Promise.all([stream.close(), screen?.close()]);
  }
}

async function running(stream: Stream): Promise<void> {
  // A slow machine opens a source slowly.
  for (let tries = 0; tries < 3 && ['closed', 'opening'].includes(stream.status.state); tries++) await settled([stream]);
  const { state, error } = stream.status;
  if (error !== undefined) throw errorOf({ ...error, code: error.code as ErrorCode });
  if (state !== 'streaming') throw new AppError('calibrate/not-streaming', { stream: stream.name, state });
}

async function measure(screen: StepScreen, brightness: Brightness, steps: number): Promise<DelayReport> {
  const levels = { black: await level(screen, brightness, false), white: await level(screen, brightness, true) };
  if (levels.white - levels.black < leastContrast * Math.max(1, levels.white))
    throw new AppError('calibrate/no-step', { black: Math.round(levels.black), white: Math.round(levels.white) });
  const delaysMs: number[] = [];
  let white = true;
  for (let step = 0; step < steps; step++) {
    await wait(shortestRestMs + Math.random() * (longestRestMs - shortestRestMs));
    const [from, to] = white ? [levels.white, levels.black] : [levels.black, levels.white];
    white = !white;
    // Asked before the page has answered: the picture may be quicker than its answer.
    const orderedMs = performance.now();
    const shownMs = await screen.show(white);
    const seen = await brightness.until(() => crossing(brightness.samples, from, to, orderedMs), stepMs);
    if (seen !== undefined) delaysMs.push(seen.atMs - shownMs);
  }
  const missed = steps - delaysMs.length;
  if (missed > steps / 4) throw new AppError('calibrate/steps-missed', { missed, steps });
  return reportOf(delaysMs, missed, intervalsOf(brightness));
}

async function level(screen: StepScreen, brightness: Brightness, white: boolean): Promise<number> {
  await screen.show(white);
  const mean = await brightness.levelAfter(learnMs);
  if (mean === undefined) throw new AppError('calibrate/not-streaming', { stream: 'the stream', state: 'silent' });
  return mean;
}

function intervalsOf({ samples }: Brightness): number[] {
  return samples.slice(1).map(({ atMs }, index) => atMs - (samples[index]?.atMs ?? atMs));
}

/** The file as it is, with the one value; never half of it. */
function writeDelay({ configFile, stream }: CalibrateCommand, deviceDelayMs: number): void {
  const room = readRoomFile(configFile) as { streams: object[] };
  const streams = room.streams.map((settings, index) => (index === stream ? { ...settings, deviceDelayMs } : settings));
  try {
    writeFileSync(`${configFile}.new`, `${JSON.stringify({ ...room, streams }, undefined, 2)}\n`);
    renameSync(`${configFile}.new`, configFile);
  } catch (thrown) {
    throw new AppError('calibrate/not-written', { file: configFile, reason: (thrown as Error).message }, { cause: thrown });
  }
}

function openText(address: string, stream: string): string {
  return `\n  Open ${address} on the screen that ${stream} sees, as large as it goes.\n  It will flash about once a second.\n`;
}

function reportText({ json, write, configFile, room }: CalibrateCommand, stream: string, report: DelayReport): string[] {
  if (json) return [JSON.stringify({ stream, ...report })];
  const { steps, missed, p50Ms, p5Ms, p95Ms, frameIntervalMs, deviceDelayMs } = report;
  const tooOld = deviceDelayMs > room.limits.notLiveMs;
  return [
    `  ${stream}: ${steps} steps${missed === 0 ? '' : `, ${missed} more were not seen`}.`,
    `  From the step on the screen to the first picture that shows it: p50 ${p50Ms} ms, p5 ${p5Ms} ms, p95 ${p95Ms} ms.`,
    `  Pictures come every ${frameIntervalMs} ms, so the device's own delay is ${deviceDelayMs} ms, the screen's delay included.`,
    write
      ? `  Written to ${configFile}.`
      : `  For the stream in ${configFile}: "deviceDelayMs": ${deviceDelayMs} (or run again with --write).`,
    ...(tooOld ? [`  That is more than limits.notLiveMs (${room.limits.notLiveMs} ms): every picture of it will be NOT LIVE.`] : []),
  ];
}
