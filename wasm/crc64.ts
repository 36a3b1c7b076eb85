import { readFile } from 'node:fs/promises';
import { AppError } from '../src/app-error.ts';

interface Crc64Module {
  crc64Tables(tables: number): void;
  crc64(source: number, length: number, tables: number, crc: bigint): bigint;
}

const tableBytes = 8 * 256 * 8;
const pageBytes = 65_536;

/** CRC-64 of ECMA-182 over bytes that lie in a memory of its own, which whoever receives them writes into. */
export class Crc64 {
  /** Room for what is to be checked. */
  readonly bytes: Uint8Array;
  readonly #module: Crc64Module;

  private constructor(module: Crc64Module, bytes: Uint8Array) {
    this.#module = module;
    this.bytes = bytes;
  }

  /** Loads the kernel once; the answer makes rooms of so many bytes. Throws `kernels/not-built`. */
  static async load(): Promise<(roomBytes: number) => Crc64> {
    const path = 'wasm/build/crc64.wasm';
    const code = await readFile(new URL('./build/crc64.wasm', import.meta.url)).catch((thrown) => {
      throw new AppError('kernels/not-built', { path }, { cause: thrown });
    });
    const compiled = await WebAssembly.compile(code);
    return (roomBytes) => {
      const pages = Math.ceil((tableBytes + roomBytes) / pageBytes);
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
      const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
      const module = exports as unknown as Crc64Module;
      module.crc64Tables(0);
      return new Crc64(module, new Uint8Array(memory.buffer, tableBytes));
    };
  }

  /** The same for one room. */
  static async open(roomBytes: number): Promise<Crc64> {
    return (await Crc64.load())(roomBytes);
  }

  /** Goes on from `crc` (0n at the start) over `length` bytes of the room from `offset` on. */
  over(offset: number, length: number, crc = 0n): bigint {
    if (offset < 0 || length < 0 || offset + length > this.bytes.length) throw new RangeError('outside the room');
    return BigInt.asUintN(64, this.#module.crc64(tableBytes + offset, length, 0, crc));
  }
}
