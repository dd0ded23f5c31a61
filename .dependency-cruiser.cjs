/** Files that know each other, types counted, are one file or want a third: no import leads back to where it came from. */
module.exports = {
  forbidden: [{ name: 'no-circular', severity: 'error', from: {}, to: { circular: true } }],
  options: {
    tsPreCompilationDeps: true, // types too
    exclude: '(^|/)(node_modules|out)/',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.svelte.ts', '.svelte', '.mjs', '.js'] },
  },
};
