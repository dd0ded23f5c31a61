import { resolve } from 'node:path';
import { defineConfig } from 'electron-vite';

/** CommonJS for main (Electron 25 to 45 and plain Node run it alike); ESM-only dependencies are bundled, native ones stay outside. */
export default defineConfig({
  main: {
    build: {
      target: 'node18',
      externalizeDeps: { exclude: [] },
      rollupOptions: {
        input: { mho: resolve('src/main/hosts/terminal/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
});
