/** The shortest of three: a busy machine may pause in one of them; what is really slow is slow in all. */
export async function shortestMs(round: () => Promise<number>): Promise<number> {
  return Math.min(await round(), await round(), await round());
}
