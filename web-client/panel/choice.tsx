import { ChevronDown } from 'lucide-react';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';

interface ChoiceProps<Value extends string | number> {
  readonly label: string;
  readonly hint?: string;
  readonly choices: readonly Value[];
  readonly value: string;
  /** Those that are not to be had now. */
  readonly beyondReach?: readonly Value[];
  textOf(choice: Value): string;
  onChange(choice: Value): void;
}

/** One of a few words. */
export function Choice<Value extends string | number>({
  label,
  hint,
  choices,
  value,
  beyondReach = [],
  textOf,
  onChange,
}: ChoiceProps<Value>) {
  const choose = (key: unknown): void => {
    const chosen = choices.find((choice) => String(choice) === String(key));
    if (chosen !== undefined) onChange(chosen);
  };
  return (
    <Select className="choice" value={value} onChange={choose}>
      <Label>
        <span title={hint}>{label}</span>
      </Label>
      <Button>
        <SelectValue />
        <ChevronDown aria-hidden="true" />
      </Button>
      <Popover className="choices" placement="bottom end">
        <ListBox>
          {choices.map((choice) => (
            <ListBoxItem key={String(choice)} id={String(choice)} isDisabled={beyondReach.includes(choice)}>
              {textOf(choice)}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
