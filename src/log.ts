import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

/** Lines for people on standard error; standard output belongs to the command's answer. No patient data, no file content. */
export function openLog(): Logger {
  const lines = pretty({
    destination: 2,
    sync: true,
    colorize: process.stderr.isTTY === true,
    ignore: 'pid,hostname,stream',
    translateTime: 'HH:MM:ss',
  });
  return pino({ base: null }, lines);
}
