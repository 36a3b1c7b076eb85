import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: parallel test files would time each other out, and the browser tests share the machine.
    maxWorkers: 2,
  },
});
