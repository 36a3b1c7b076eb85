import { Circle, CircleDashed, Pause, TriangleAlert, Unplug } from 'lucide-react';
import type { LiveState } from '../live-state.ts';

/** No state is told by colour alone (IEC 60601-1-8). */
export function LiveShape({ state }: { state: LiveState }) {
  switch (state) {
    case 'live':
      return <Circle className="solid" aria-hidden="true" />;
    case 'held':
      return <Pause aria-hidden="true" />;
    case 'not-live':
      return <TriangleAlert aria-hidden="true" />;
    case 'reconnecting':
      return <Unplug aria-hidden="true" />;
    case 'waiting':
      return <CircleDashed aria-hidden="true" />;
  }
}
