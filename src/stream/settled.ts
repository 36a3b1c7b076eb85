import { filter, firstValueFrom, map, merge, of, race, timer } from 'rxjs';
import type { Stream } from './stream.ts';

const patienceMs = 10_000;

/** Resolves when every stream shows a picture or has said why not; at the latest after ten seconds. */
export async function settled(streams: readonly Stream[]): Promise<void> {
  await Promise.all(
    streams.map((stream) => {
      const changed$ = merge(of(undefined), stream.news$).pipe(
        map(() => stream.status.state),
        filter((state) => !['closed', 'opening'].includes(state)),
      );
      return firstValueFrom(race(changed$, timer(patienceMs)));
    }),
  );
}
