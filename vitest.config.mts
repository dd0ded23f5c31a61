import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/window/**'],
    pool: 'forks', // native TensorFlow does not survive worker threads
    maxWorkers: 2,
    // Bounds on what hangs, not on what is slow: machines are shared, and clean-up removes whole clones.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    env: { TF_CPP_MIN_LOG_LEVEL: '3', TF_ENABLE_ONEDNN_OPTS: '1' },
  },
});
