import { FolderClock } from 'lucide-react';
import { useWords } from '../hooks.ts';
import { useExamination } from '../time/time-hooks.ts';
import { whoseText } from './examination-texts.ts';
import type { Whose } from './whose.ts';

/** Under a picture that is not of the open examination: the banner above names somebody else. */
export function WhoseNote({ whose }: { whose: Whose }) {
  const words = useWords();
  const { examination } = useExamination();
  const text = whoseText(words, whose, examination !== undefined);
  if (text === undefined) return null;
  return (
    <p className="whose" data-testid="whose" title={text}>
      <FolderClock aria-hidden="true" />
      <span>{text}</span>
    </p>
  );
}
