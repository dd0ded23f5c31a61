import { compileModule } from 'svelte/compiler';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/longestFirst.mjs';

/** The stores' runes as a page has them: Svelte's own plugin would compile them for a server, where nothing reacts. */
const runes = {
  name: 'runes',
  enforce: 'post' as const,
  transform: (code: string, filename: string) =>
    filename.endsWith('.svelte.ts') ? compileModule(code, { filename, generate: 'client' }).js : null,
};

export default defineConfig({
  plugins: [runes],
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/window/**'],
    pool: 'forks', // native TensorFlow does not survive worker threads
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Bounds on what hangs, not on what is slow: machines are shared, and clean-up removes whole clones.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    env: { TF_CPP_MIN_LOG_LEVEL: '3', TF_ENABLE_ONEDNN_OPTS: '1' },
  },
});
