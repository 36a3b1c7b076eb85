import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const outDir = resolve(import.meta.dirname, 'dist');

/** Every file once more as Brotli (RFC 7932): over a line of 2 Mbit/s the page is there in two seconds instead of seven. */
const squeezed: Plugin = {
  name: 'squeezed',
  apply: 'build',
  closeBundle() {
    for (const file of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(js|css|html|svg|wasm)$/.test(file)) continue;
      // The last step of quality would take half of the build.
      const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY - 2 };
      writeFileSync(join(outDir, `${file}.br`), brotliCompressSync(readFileSync(join(outDir, file)), { params }));
    }
  },
};

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the same files serve under any path.
  base: './',
  plugins: [react(), squeezed],
  worker: { format: 'es' },
  build: {
    // The monitor, and the page that a device looks at while its delay is measured.
    rolldownOptions: { input: ['index.html', 'step.html'].map((page) => resolve(import.meta.dirname, page)) },
    outDir,
    emptyOutDir: true,
    target: 'esnext',
    // A kernel as a data: URL would be refused by the content security policy.
    assetsInlineLimit: 0,
    // The monitor is one page for one room: React and the widgets are its floor.
    chunkSizeWarningLimit: 1000,
  },
});
