interface Crc32Module {
  crc32Tables(tables: number): void;
  crc32(source: number, length: number, tables: number): number;
}

const tableBytes = 16 * 256 * 4;
const pageBytes = 65_536;

/** CRC-32 as in zlib, for the browser, which has none. */
export class Crc32 {
  readonly #compiled: WebAssembly.Module;
  #module: Crc32Module;
  #room: Uint8Array;

  /** `compiled`: wasm/build/crc32.wasm. */
  constructor(compiled: WebAssembly.Module) {
    this.#compiled = compiled;
    [this.#module, this.#room] = this.#open(pageBytes);
  }

  of(bytes: Uint8Array): number {
    if (this.#room.length < bytes.length) [this.#module, this.#room] = this.#open(bytes.length);
    this.#room.set(bytes);
    return this.#module.crc32(tableBytes, bytes.length, 0) >>> 0;
  }

  #open(roomBytes: number): [Crc32Module, Uint8Array] {
    const pages = Math.ceil((tableBytes + roomBytes) / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const module = new WebAssembly.Instance(this.#compiled, { env: { memory } }).exports as unknown as Crc32Module;
    module.crc32Tables(0);
    return [module, new Uint8Array(memory.buffer, tableBytes)];
  }
}
