import { useState } from 'react';
import { Button, Input, Label, TextField } from 'react-aria-components';
import type { Patient } from '../../src/protocol/examination-messages.ts';
import { useWords } from '../hooks.ts';
import { Choice } from '../panel/choice.tsx';
import { typedDate } from './examination-texts.ts';

const sexes = ['unknown', 'female', 'male', 'other'] as const;
type Sex = (typeof sexes)[number];

interface PatientFormProps {
  readonly patient: Patient | undefined;
  readonly act: string;
  onPatient(patient: Patient): void;
  onCancel(): void;
}

/** Only the name has to be told. */
export function PatientForm({ patient, act, onPatient, onCancel }: PatientFormProps) {
  const { say, date: dateText } = useWords();
  const [name, setName] = useState(patient?.name ?? '');
  const [id, setId] = useState(patient?.id ?? '');
  const [born, setBorn] = useState(patient?.born === undefined ? '' : dateText(new Date(`${patient.born}T00:00`)));
  const [sex, setSex] = useState<Sex>(patient?.sex ?? 'unknown');
  const date = typedDate(born.trim());
  const dateFits = date !== undefined || born.trim() === '';
  const whole = name.trim() !== '' && dateFits;
  return (
    <form
      className="patient-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!whole) return;
        onPatient({ name: name.trim(), id: id.trim(), ...(date !== undefined && { born: date }), ...(sex !== 'unknown' && { sex }) });
      }}
    >
      <Field label={say('examination.name')} hint={say('examination.name-how')} value={name} onChange={setName} />
      <Field label={say('examination.id')} hint="" value={id} onChange={setId} />
      <Field label={say('examination.birth')} hint={say('examination.birth-how')} value={born} onChange={setBorn} wrong={!dateFits} />
      <Choice<Sex> label={say('examination.sex')} choices={sexes} value={sex} textOf={(one) => say(`sex.${one}`)} onChange={setSex} />
      <div className="acts">
        <Button type="submit" className="put" isDisabled={!whole}>
          {act}
        </Button>
        <Button className="put" onPress={onCancel}>
          {say('examination.cancel')}
        </Button>
      </div>
    </form>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly wrong?: boolean;
  onChange(value: string): void;
}

function Field({ label, hint, value, wrong = false, onChange }: FieldProps) {
  return (
    <TextField className="text-setting" value={value} onChange={onChange} maxLength={64} isInvalid={wrong}>
      <Label>{label}</Label>
      <Input placeholder={hint} autoComplete="off" />
    </TextField>
  );
}
