import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** Component styles go into a style sheet: the window's policy allows no inline ones. */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true, css: 'external' },
};
