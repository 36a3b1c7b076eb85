/** Numbers of mallopt(3) in glibc's malloc.h. */
const [trimThreshold, mmapThreshold, arenaMax] = [-1, -3, -8];
const settings = [
  // Each thread would else have an arena of its own, and every encoder that comes and goes leave one behind, full of holes.
  [arenaMax, 2],
  // Of the size of pictures: as mappings of their own they go back when they are freed.
  [mmapThreshold, 512 * 1024],
  [trimThreshold, 8 * 1024 * 1024],
] as const;

/**
 * Keeps memory that was freed from staying with the process: on a busy machine, where encoders come and go, it held 1.1 GB of which 0.1
 * were in use. For processes that run for days; glibc only, elsewhere nothing is done.
 */
export async function boundMemory(): Promise<void> {
  if (process.platform !== 'linux') return;
  const { default: koffi } = await import('koffi');
  try {
    const mallopt = koffi.load(null).func('mallopt', 'int', ['int', 'int']) as (option: number, value: number) => number;
    for (const [option, value] of settings) mallopt(option, value);
  } catch {
    // musl has none, and needs none.
  }
}
