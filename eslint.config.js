import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** One import rule per boundary: who may import what, and why nobody else may. */
const only = (name, where) => ({
  name,
  message: `Only ${where} imports ${name}: everything else goes through its seam.`,
});
const UWS = only('uWebSockets.js', 'services/gateway/src/transport/uws');
const IOREDIS = only('ioredis', 'packages/broker/src/redis');
const PROM = only('prom-client', 'the observability folder of a service');
const DEEP = { regex: '^@outcry/[^/]+/.+', message: 'Import the package, not a file inside it.' };

const boundaries = (...paths) => ({
  'no-restricted-imports': ['error', { paths, patterns: [DEEP] }],
});

const ENV_ONLY = {
  'no-restricted-syntax': [
    'error',
    {
      selector: "MemberExpression[object.name='process'][property.name='env']",
      message: 'Only config/env.ts reads process.env.',
    },
  ],
};

export default tseslint.config(
  { ignores: ['**/dist/**', '**/.turbo/**', '**/node_modules/**', '**/coverage/**', 'artifacts/**'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', '*.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 3],
      // A name is needed for what is only held to be let go at the end of a scope: `await using _redis = …`.
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      ...boundaries(UWS, IOREDIS, PROM),
      ...ENV_ONLY,
    },
  },
  { files: ['services/gateway/src/transport/uws/**'], rules: boundaries(IOREDIS, PROM) },
  { files: ['packages/broker/src/redis/**'], rules: boundaries(UWS, PROM) },
  { files: ['{packages/service,services/*}/src/observability/**'], rules: boundaries(UWS, IOREDIS) },
  { files: ['packages/testkit/src/**'], rules: boundaries(UWS, PROM) },
  { files: ['bench/src/contestants/servers/**', 'bench/src/measure/redis-cpu.ts'], rules: boundaries(PROM) },
  {
    files: ['**/config/env.ts', 'packages/testkit/src/**', 'bench/src/contestants/go-toolchain.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.test.ts', '**/*.contract.ts', 'tests/**', 'packages/*/tests/**'],
    rules: {
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
      'no-restricted-syntax': 'off',
      ...boundaries(UWS, PROM),
    },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
);
