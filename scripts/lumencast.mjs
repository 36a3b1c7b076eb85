#!/usr/bin/env node
// The command `lumencast`: sees to it that everything is installed and built, then runs src/main.ts on the pinned Node,
// and starts a server again that crashed.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, install, node, root } from './prepare.mjs';

const shortestWaitMs = 250;
const longestWaitMs = 5000;
/** A server that ran for so long has not crashed at its start: the next wait is the shortest again. */
const stableMs = 60_000;
const ends = ['SIGINT', 'SIGTERM', 'SIGHUP'];

// npm start runs here, but files are named from where the user stands.
if (process.env.npm_lifecycle_event === 'start' && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);

install();
build();

const given = process.argv.slice(2);
/** Where the server listens; undefined for commands that serve nothing. */
let port;
let crashes = 0;
let ending = false;
let child = run(given, 'inherit');
for (const signal of ends) {
  process.on(signal, () => {
    ending = true;
    if (child.exitCode !== null || child.signalCode !== null) process.exit(0);
    child.kill(signal === 'SIGINT' ? 'SIGTERM' : signal);
  });
}

function run(args, output) {
  const startedMs = performance.now();
  // The channel tells the server when this process is gone, however it ended.
  const started = spawn(node, [join(root, 'src/main.ts'), ...args], { stdio: ['inherit', output, 'inherit', 'ipc'] });
  started.on('message', (message) => {
    port = message.port ?? port;
  });
  started.on('exit', (status, killedBy) => {
    const wanted = ending || status === 0 || [...ends, 'SIGKILL'].includes(killedBy);
    if (wanted || port === undefined) process.exit(status ?? 1);
    crashes = performance.now() - startedMs > stableMs ? 0 : crashes;
    const waitMs = Math.min(longestWaitMs, shortestWaitMs * 2 ** crashes++);
    console.error(`lumencast: the server crashed (${killedBy ?? `status ${status}`}), it starts again in ${waitMs / 1000} s`);
    setTimeout(() => {
      child = run(withPort(given, port), 'ignore');
    }, waitMs);
  });
  return started;
}

/** Viewers come back to the address they know; what was printed of it is not printed twice. */
function withPort(args, number) {
  const end = args.indexOf('--');
  return args.toSpliced(end === -1 ? args.length : end, 0, '--port', String(number));
}
