/** A program that needs no folder of modules beside it. */
export default {
  input: 'src/main.ts',
  output: { file: 'dist/main.js', format: 'esm' },
  platform: 'node',
  external: ['pg-native'],
  // The first reads a file beside its own, which a bundle has not; the other has it in itself (0.2.1).
  resolve: { alias: { '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled' } },
};
