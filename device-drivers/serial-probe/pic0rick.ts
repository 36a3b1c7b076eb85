/*
 * The text protocol of pic0rick, an open-hardware pulse-echo board with one element (kelu124/pic0rick, firmware/main.c and
 * firmware/adc): a shell that echoes what it is sent and prompts with `run> `. `start acq NS` fires one pulse and samples its echo,
 * `read` prints the samples in hexadecimal, each with a comma behind it. Never run on hardware by us.
 */

/** 8000 samples of 10 bits at 60 MHz (firmware/adc/adc.h). */
export const pic0rick = { samples: 8000, sampleRateMHz: 60, levels: 1024 } as const;

/** USB: Raspberry Pi's vendor number, the numbers of its SDK for serial lines on RP2040 and RP2350 (pico-sdk, stdio_usb_descriptors.c). */
export const pic0rickIds: readonly { readonly vendor: string; readonly product: string }[] = [
  { vendor: '2e8a', product: '000a' },
  { vendor: '2e8a', product: '0009' },
];

export type ProbeEvent =
  /** It waits for a command. */
  | { readonly kind: 'prompt' }
  /** A line of text: an echo, an answer, a complaint. */
  | { readonly kind: 'text'; readonly text: string }
  /** One echo, `samples` values below `levels`; valid until the next call. */
  | { readonly kind: 'samples'; readonly samples: Uint16Array }
  /** Samples that were damaged on the way; they are left out. */
  | { readonly kind: 'damaged'; readonly reason: string };

const prompt = 'run> ';
const begin = '----------Start of ACQ----------';
const end = '-----------End of ACQ-----------';
const longestLine = 200;
const [lineFeed, carriageReturn, comma, dash, backspace] = [0x0a, 0x0d, 0x2c, 0x2d, 0x08];

/** Cuts what the board says into events; what it holds is bounded whatever is sent. */
export class Pic0rickReader {
  readonly #tell: (event: ProbeEvent) => void;
  readonly #samples = new Uint16Array(pic0rick.samples);
  #line = '';
  #reading = false;
  #count = 0;
  #value = 0;
  #digits = 0;
  #fault: string | undefined;

  constructor(tell: (event: ProbeEvent) => void) {
    this.#tell = tell;
  }

  receive(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) {
      if (this.#reading) this.#sample(bytes[at] as number);
      else this.#character(bytes[at] as number);
    }
  }

  #character(byte: number): void {
    if (byte === carriageReturn) return;
    if (byte === lineFeed) {
      const line = this.#line;
      this.#line = '';
      this.#whole(line);
      return;
    }
    if (byte === backspace) this.#line = this.#line.slice(0, -1);
    else if (this.#line.length < longestLine) this.#line += String.fromCharCode(byte);
    // The prompt has no end of line; the echo of the next command follows it.
    if (this.#line.endsWith(prompt)) {
      this.#line = '';
      this.#tell({ kind: 'prompt' });
    }
  }

  #whole(line: string): void {
    if (line.endsWith(begin)) {
      this.#reading = true;
      this.#count = 0;
      this.#value = 0;
      this.#digits = 0;
      this.#fault = undefined;
    } else if (line !== '' && line !== end) this.#tell({ kind: 'text', text: line });
  }

  #sample(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#value = this.#value * 16 + digit;
      this.#digits++;
      if (this.#digits > 3) this.#spoil('a value of more than three digits');
    } else if (byte === comma) this.#next();
    else if (byte === lineFeed) this.#close();
    else if (byte === dash) {
      this.#close();
      this.#line = '-';
    } else if (byte !== carriageReturn) this.#spoil('a character that is no digit');
  }

  #next(): void {
    if (this.#digits === 0) this.#spoil('an empty value');
    else if (this.#value >= pic0rick.levels) this.#spoil('a value of more than ten bits');
    else if (this.#count < pic0rick.samples) this.#samples[this.#count] = this.#value;
    this.#count++;
    this.#value = 0;
    this.#digits = 0;
    // Values without an end: the rest is read as text, until a line says that samples begin.
    if (this.#count > 2 * pic0rick.samples) this.#close();
  }

  /** The first fault counts; a long value must not grow. */
  #spoil(reason: string): void {
    this.#fault ??= reason;
    this.#value = 0;
    this.#digits = 0;
  }

  #close(): void {
    // The line that tells of the beginning ends before the first value.
    if (this.#count === 0 && this.#digits === 0 && this.#fault === undefined) return;
    this.#reading = false;
    if (this.#count !== pic0rick.samples) this.#fault ??= `${this.#count} values instead of ${pic0rick.samples}`;
    if (this.#digits > 0) this.#fault ??= 'a value without its end';
    this.#tell(this.#fault === undefined ? { kind: 'samples', samples: this.#samples } : { kind: 'damaged', reason: this.#fault });
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x41 && byte <= 0x46) return byte - 0x41 + 10;
  if (byte >= 0x61 && byte <= 0x66) return byte - 0x61 + 10;
  return -1;
}
