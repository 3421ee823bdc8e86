import { defineConfig } from 'vitest/config';
import { engineWorkers } from './test/support/engine-workers.ts';

export default defineConfig({
  test: {
    // Every core: by default one is left idle, which on two is half of them.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/engine/**', 'test/attacks/**'],
          // Two cores may be shared with a compiler: a limit here only catches what hangs.
          testTimeout: 240_000,
          pool: 'threads',
        },
      },
      {
        // Real Docker Engines, one for each worker.
        test: {
          name: 'engine',
          include: ['test/engine/**/*.test.ts', 'test/attacks/**/*.test.ts'],
          globalSetup: ['test/support/engine-setup.ts'],
          pool: 'forks',
          maxWorkers: engineWorkers,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
