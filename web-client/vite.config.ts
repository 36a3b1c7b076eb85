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
    // The monitor, and the page that a device looks at while its delay is measured.
    rolldownOptions: { input: ['index.html', 'step.html'].map((page) => resolve(import.meta.dirname, page)) },
    outDir: resolve(import.meta.dirname, 'dist'),
    emptyOutDir: true,
    target: 'esnext',
    // A kernel as a data: URL would be refused by the content security policy.
    assetsInlineLimit: 0,
    // The monitor is one page for one room: React and the widgets are its floor.
    chunkSizeWarningLimit: 1000,
  },
});
