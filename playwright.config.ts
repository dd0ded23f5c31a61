import { defineConfig } from '@playwright/test';

/** The real window on a real Electron. One at a time: each starts an engine of its own. */
export default defineConfig({
  testDir: 'tests/window',
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  globalSetup: './tests/window/electron.ts',
  reporter: [['list']],
  outputDir: 'test-results',
  forbidOnly: true,
});
