/** Packages without types of their own: Emscripten factories, CommonJS. */
declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  const open: (options?: import('../src/codec/emscripten.ts').FactoryOptions) => Promise<import('../src/codec/emscripten.ts').JpegLsModule>;
  export = open;
}
declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  const open: (options?: import('../src/codec/emscripten.ts').FactoryOptions) => Promise<import('../src/codec/emscripten.ts').JpegModule>;
  export = open;
}
