import { configDefaults, defineConfig } from 'vitest/config';

const kernelTests = 'tests/kernel/**/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 90_000,
    // Named at the end of the run where that helped (scripts/second-attempts.mjs).
    retry: 1,
    // What is waited for comes at once or not at all, but on a busy machine at once is a matter of seconds.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        // Two cores: parallel test files would time each other out, and the browser tests share the machine.
        test: { name: 'all', include: ['tests/**/*.test.ts'], exclude: [...configDefaults.exclude, kernelTests], maxWorkers: 2 },
      },
      {
        extends: true,
        // A guest fills a core at most; nothing else runs beside them.
        test: { name: 'kernel', include: [kernelTests], maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
