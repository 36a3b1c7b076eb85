import type { LucideIcon } from 'lucide-react';
import { Button, ToggleButton } from 'react-aria-components';

export interface ActProps {
  readonly icon: LucideIcon;
  readonly word: string;
  readonly name: string;
  readonly disabled?: boolean;
  onPress(): void;
}

/** One touch target of the tool column. */
export function Act({ icon: Icon, word, name, disabled = false, onPress }: ActProps) {
  return (
    <Button className="tool" aria-label={name} isDisabled={disabled} onPress={onPress}>
      <Icon aria-hidden="true" />
      <span>{word}</span>
    </Button>
  );
}

interface ToggleProps extends ActProps {
  readonly on: boolean;
  /** Something behind it waits for whoever is here. */
  readonly waits?: boolean;
}

export function Toggle({ icon: Icon, word, name, on, waits = false, onPress }: ToggleProps) {
  return (
    <ToggleButton className={waits ? 'tool waits' : 'tool'} aria-label={name} isSelected={on} onChange={onPress}>
      <Icon aria-hidden="true" />
      <span>{word}</span>
    </ToggleButton>
  );
}
