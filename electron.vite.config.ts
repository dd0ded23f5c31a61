import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

/**
 * CommonJS for main and preload (Electron 25 to 45 and plain Node run it alike); ESM-only dependencies are bundled,
 * native ones stay outside. The preload is sandboxed: it is one file that loads nothing.
 */
export default defineConfig({
  main: {
    build: {
      target: 'node18',
      externalizeDeps: { exclude: [] },
      rollupOptions: {
        input: {
          index: resolve('src/main/index.ts'),
          engine: resolve('src/main/hosts/engineProcess/index.ts'),
          mho: resolve('src/main/hosts/terminal/index.ts'),
          fileThread: resolve('src/main/engine/reading/fileThread.ts'),
          sessionThread: resolve('src/main/engine/reading/sessionThread.ts'),
        },
        output: { format: 'cjs', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      target: 'node18',
      externalizeDeps: false,
      rollupOptions: {
        input: { index: resolve('src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].js' },
      },
    },
  },
  renderer: {
    plugins: [svelte()],
    worker: { format: 'es' },
    build: {
      target: 'chrome114',
      minify: true,
      assetsInlineLimit: 0, // the policy allows no font out of a style sheet
      chunkSizeWarningLimit: 6000, // plotly, loaded when the first plot is shown
      rollupOptions: { input: { index: resolve('src/renderer/index.html') } },
    },
  },
});
