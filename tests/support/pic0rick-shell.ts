/** How a board says things; what is absent is as the firmware has it. */
export interface ShellFaults {
  /** Changes what is said of the next acquisitions, one each. */
  readonly spoil: ((said: string) => string)[];
  /** Says nothing to so many commands. */
  deaf: number;
  /** Knows none of the commands. */
  foreign: boolean;
}

/**
 * The firmware's side of pic0rick's protocol (kelu124/pic0rick, firmware/main.c): what comes in is echoed and obeyed at a line's end.
 * `sample(at, acquisition)`: 10 bits.
 */
export class Pic0rickShell {
  readonly commands: string[] = [];
  readonly faults: ShellFaults = { spoil: [], deaf: 0, foreign: false };
  acquisitions = 0;
  readonly #say: (text: string) => void;
  readonly #sample: (at: number, acquisition: number) => number;
  #typed = '';

  constructor(say: (text: string) => void, sample: (at: number, acquisition: number) => number) {
    this.#say = say;
    this.#sample = sample;
  }

  hear(bytes: Uint8Array): void {
    for (const byte of bytes) this.#key(String.fromCharCode(byte));
  }

  #key(key: string): void {
    if (key !== '\r' && key !== '\n') {
      this.#typed += key;
      if (this.faults.deaf === 0) this.#say(key);
      return;
    }
    const command = this.#typed;
    this.#typed = '';
    if (this.faults.deaf > 0) {
      this.faults.deaf--;
      return;
    }
    this.#say(`\r\n${this.#answer(command)}run> `);
  }

  #answer(command: string): string {
    if (command === '') return '';
    this.commands.push(command);
    if (this.faults.foreign) return `Unknown command: ${command}\r\n`;
    if (/^start acq( \d+){1,3}$/.test(command)) {
      this.acquisitions++;
      return 'Acquisition of 8000 samples started\r\nAcquisition ended\r\n';
    }
    if (command === 'read') {
      const values = Array.from({ length: 8000 }, (_, at) => `${this.#sample(at, this.acquisitions).toString(16).toUpperCase()},`);
      const said = `----------Start of ACQ----------\r\n${values.join('')}\r\n-----------End of ACQ-----------\r\n`;
      return this.faults.spoil.shift()?.(said) ?? said;
    }
    return /^write dac \d+$/.test(command) ? 'dac=512\r\n' : `Unknown command: ${command}\r\n`;
  }
}
