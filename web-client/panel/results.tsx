import { Trash2 } from 'lucide-react';
import { Button } from 'react-aria-components';
import { type Measurement, measure, noteText, numberText } from '../../src/marks/measure.ts';
import type { Caliper } from '../calipers.ts';
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
        {calipers.map((caliper) => (
          <li key={caliper.number} className={picked?.stream === stream && picked.number === caliper.number ? 'picked' : ''}>
            <button
              type="button"
              className="result"
              onClick={() => monitor.act({ act: 'pick', picked: { stream, number: caliper.number, end: 1 } })}
            >
              <span className="number">{caliper.number}</span>
              <Value measurement={picture && measure(picture, caliper)} />
            </button>
            <Button
              className="icon"
              aria-label={`Remove caliper ${caliper.number}`}
              onPress={() => monitor.act({ act: 'remove-caliper', stream, number: caliper.number })}
            >
              <Trash2 aria-hidden="true" />
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Value({ measurement }: { measurement: Measurement | undefined }) {
  if (measurement === undefined) return <span className="value">{dash}</span>;
  const note = noteText(measurement);
  return (
    <span className="value">
      {measurement.quantities.map((quantity) => (
        <span key={quantity.of}>
          {numberText(quantity)} <small>{quantity.unit}</small>{' '}
        </span>
      ))}
      {note !== undefined && <em>{note}</em>}
    </span>
  );
}
