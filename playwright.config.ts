import { defineConfig } from '@playwright/test';

/** The real window on a real Electron. Two files at a time: each starts an engine of its own, which waits for the page half of its time. */
export default defineConfig({
  testDir: 'tests/window',
  workers: 2,
  // Bounds on what hangs, not on what is slow. What passes only when tried again is named by `npm test`.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  retries: process.env['CI'] ? 1 : 0,
  globalSetup: './tests/window/electron.ts',
  reporter: [['list']],
  outputDir: 'test-results',
  forbidOnly: true,
});
