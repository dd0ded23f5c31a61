import ts from 'typescript-eslint';
import prettier from 'eslint-config-prettier';
import svelte from 'eslint-plugin-svelte';

/** The layer rules of ARCHITECTURE.md: what a folder must not import. */
const forbid = (files, ...patterns) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns }] },
});
const electron = {
  group: ['electron', 'electron/*'],
  message: 'The engine and its plain hosts know nothing of Electron.',
};
const tensorflow = {
  group: ['@tensorflow/*'],
  message: 'Formats and graphs are plain data; tensors belong to backends, ops and attribution.',
};
const hosts = {
  group: ['**/hosts/**', '**/preload/**', '**/renderer/**'],
  message: 'The engine does not know who drives it.',
};
const acrossProcesses = {
  group: ['**/main/**', '**/engine/**', '**/preload/**'],
  message: 'Only src/contract is shared across processes.',
};

export default [
  {
    ignores: [
      'out/',
      'node_modules/',
      'tests/reference/cases/',
      'resources/',
      'dist/',
      'coverage/',
      'bench/peers/.venv/',
    ],
  },
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    // sets and maps of the stores are replaced as a whole, never changed in place
    rules: { 'svelte/prefer-svelte-reactivity': 'off' },
  },
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  forbid(['src/main/engine/**'], electron, hosts),
  forbid(
    [
      'src/main/engine/formats/**',
      'src/main/engine/graph/**',
      'src/main/engine/reading/**',
      'src/main/engine/data/**',
      'src/main/engine/sessions/**',
    ],
    electron,
    hosts,
    tensorflow,
  ),
  forbid(['src/main/hosts/**'], electron),
  forbid(['src/contract/**'], electron, tensorflow, {
    group: ['**/main/**', '**/preload/**', '**/renderer/**'],
    message: 'The contract stands alone.',
  }),
  forbid(['src/renderer/**', 'src/preload/**'], tensorflow, acrossProcesses),
  prettier,
];
