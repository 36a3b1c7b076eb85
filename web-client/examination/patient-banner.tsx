import { useMonitor, useWords } from '../hooks.ts';
import { togglePanel } from '../time/acts.ts';
import { useExamination } from '../time/time-hooks.ts';
import { patientText } from './examination-texts.ts';

/** Who is examined. Whoever may not know the patient is told that an examination is open. */
export function PatientBanner() {
  const monitor = useMonitor();
  const words = useWords();
  const { told, examination } = useExamination();
  if (!told) {
    return (
      <span className="patient" title={words.say('examination.none')}>
        {words.say('examination.patient')} <b>—</b>
      </span>
    );
  }
  return (
    <button
      type="button"
      className="patient"
      data-testid="patient"
      title={words.say('examination.title')}
      onClick={() => togglePanel(monitor)}
    >
      {patientText(words, examination)}
    </button>
  );
}
