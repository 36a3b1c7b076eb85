import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** USER_HZ, which Linux tells programs on every architecture that Node runs on. */
const ticksPerSecond = 100;

interface Stat {
  readonly parent: number;
  readonly seconds: number;
  /** Of its children that have ended. */
  readonly endedSeconds: number;
}

/**
 * CPU time of the processes that this one has started, seconds, by program (`video-process` encodes H.264); `ended`: of all that are no
 * more. Undefined where the system does not tell, which is everywhere but on Linux.
 */
export async function childCpuSeconds(): Promise<ReadonlyMap<string, number> | undefined> {
  const own = await statOf('self');
  if (own === undefined) return undefined;
  const seconds = new Map([['ended', own.endedSeconds]]);
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    processes.map(async (id) => {
      const stat = await statOf(id);
      if (stat?.parent !== process.pid) return;
      const name = await programOf(id);
      seconds.set(name, (seconds.get(name) ?? 0) + stat.seconds + stat.endedSeconds);
    }),
  );
  return seconds;
}

/** proc(5): behind the name, which may hold anything, the third field and those after it. */
async function statOf(id: string): Promise<Stat | undefined> {
  const text = await read(id, 'stat');
  if (text === undefined) return undefined;
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11);
  return { parent: fields[1] ?? 0, seconds: (user + system) / ticksPerSecond, endedSeconds: (endedUser + endedSystem) / ticksPerSecond };
}

async function programOf(id: string): Promise<string> {
  const [program = '', script = ''] = (await read(id, 'cmdline'))?.split('\0') ?? [];
  return basename(program === process.execPath ? script : program, '.ts') || 'unknown';
}

/** Undefined where the process has ended meanwhile. */
const read = (id: string, name: string): Promise<string | undefined> => readFile(`/proc/${id}/${name}`, 'utf8').catch(() => undefined);
