import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the same files serve under any path.
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    outDir: resolve(import.meta.dirname, 'dist'),
    emptyOutDir: true,
    target: 'esnext',
    // A kernel as a data: URL would be refused by the content security policy.
    assetsInlineLimit: 0,
    // The monitor is one page for one room: React and the widgets are its floor.
    chunkSizeWarningLimit: 1000,
  },
});
