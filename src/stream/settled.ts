import { filter, firstValueFrom, map, merge, of, race, timer } from 'rxjs';
import type { Stream } from './stream.ts';

const patienceMs = 10_000;

/** What every stream was when it first showed a picture or said why not; at the latest after ten seconds. */
export function settled(streams: readonly Stream[]): Promise<object[]> {
  return Promise.all(
    streams.map((stream) => {
      const changed$ = merge(of(undefined), stream.news$).pipe(
        map(() => stream.status.state),
        filter((state) => !['closed', 'opening'].includes(state)),
      );
      return firstValueFrom(race(changed$, timer(patienceMs)).pipe(map(() => stream.summary())));
    }),
  );
}
