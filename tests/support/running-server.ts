import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = resolve(import.meta.dirname, '../..');

export interface RunningServer extends AsyncDisposable {
  readonly address: string;
  /** With TLS: the link that lets the first operator in. */
  readonly invitation: string | undefined;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts the real server as a process of its own; resolves when its streams are there. `command`: whatever runs it, e.g. npm. */
export async function startServer(
  args: readonly string[],
  command: readonly [string, ...string[]] = [process.execPath, 'src/main.ts'],
): Promise<RunningServer> {
  const [program, ...first] = command;
  // Servers of several tests run at the same time: only one that has a folder of its own keeps anything.
  const nothing = args.includes('--data') ? [] : ['--no-archive', '--no-past'];
  const child = spawn(program, [...first, '--port', '0', '--json', ...nothing, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-2000);
  });
  const exited = once(child, 'exit').then(([status]) => {
    throw new Error(`the server ended with status ${status}: ${said}`);
  });
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited])) as [string];
  exited.catch(() => undefined);
  const { address, invitation } = JSON.parse(line) as { address: string; invitation?: string };
  const end = (): Promise<void> => stop(child);
  return { address, invitation, process: child, stop: end, [Symbol.asyncDispose]: end };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await gone;
  clearTimeout(patience);
}
