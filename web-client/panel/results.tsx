import { Trash2 } from 'lucide-react';
import { Button } from 'react-aria-components';
import type { Caliper } from '../../src/marks/mark.ts';
import { type Distance, measureDistance } from '../../src/marks/measure.ts';
import { useMonitor, usePictureTruth } from '../hooks.ts';
import type { PickedEnd } from '../monitor-state.ts';
import { dash } from '../texts.ts';

interface ResultsProps {
  readonly stream: number;
  readonly calipers: readonly Caliper[] | undefined;
  readonly picked: PickedEnd | undefined;
}

/** The values of all calipers on a stream, by the calibration of the picture that is shown. */
export function Results({ stream, calipers = [], picked }: ResultsProps) {
  const monitor = useMonitor();
  const { picture } = usePictureTruth(stream);
  return (
    <section aria-label="Results">
      <header>
        <h3>Results</h3>
        {calipers.length > 0 && (
          <Button className="quiet" onPress={() => monitor.act({ act: 'clear-calipers', stream })}>
            Clear
          </Button>
        )}
      </header>
      {calipers.length === 0 && <p className="hint">Caliper (C): two points on the picture.</p>}
      <ul className="results">
        {calipers.map(({ number, ends }) => (
          <li key={number} className={picked?.stream === stream && picked.number === number ? 'picked' : ''}>
            <button type="button" className="result" onClick={() => monitor.act({ act: 'pick', picked: { stream, number, end: 1 } })}>
              <span className="number">{number}</span>
              <Value distance={picture && measureDistance(picture, ends[0], ends[1])} />
            </button>
            <Button
              className="icon"
              aria-label={`Remove caliper ${number}`}
              onPress={() => monitor.act({ act: 'remove-caliper', stream, number })}
            >
              <Trash2 aria-hidden="true" />
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Value({ distance }: { distance: Distance | undefined }) {
  if (distance === undefined) return <span className="value">{dash}</span>;
  if (distance.unit === 'mm') {
    return (
      <span className="value">
        {distance.value.toFixed(1)} <small>mm</small>
      </span>
    );
  }
  return (
    <span className="value">
      {Math.round(distance.value)} <small>px</small> <em>{distance.reason}</em>
    </span>
  );
}
