import { writeFileSync } from 'node:fs';

/** The guest's line to the host, open already when a program starts. */
const line = 3;

/** Tells the test on the host one value, as a line of JSON. */
export function tell(value: object): void {
  writeFileSync(line, `${JSON.stringify(value)}\n`);
}
