import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** One import rule per boundary: who may import what, and why nobody else may. */
const only = (name, where) => ({
  name,
  message: `Only ${where} imports ${name}: everything else goes through its seam.`,
});
const UWS = only('uWebSockets.js', 'services/gateway/src/transport/uws');
const IOREDIS = only('ioredis', 'packages/broker/src/redis and services/inbound/src/stream/redis');
const KAFKA = only('@platformatic/kafka', 'services/inbound/src/kafka/platformatic');
const PROM = only('prom-client', 'the observability folder of a service');
const ENTRIES = 'page/build$';
const DEEP = { regex: `^@outcry/(?!${ENTRIES})[^/]+/.+`, message: 'Import the package, not a file inside it.' };

const boundaries = (...paths) => ({
  'no-restricted-imports': ['error', { paths, patterns: [DEEP] }],
});

/** The page that draws dashboards. */
const PREVIEW = 'tools/observability/src/preview/page/tsconfig.json';

/** What nobody may write, and what to write in its place. */
const refuse = (...syntax) => ({ 'no-restricted-syntax': ['error', ...syntax] });
const PROCESS_ENV = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only config/env.ts reads process.env.',
};
const ONE_BY_ONE = {
  selector: "CallExpression[arguments.length=0][callee.property.name='all']",
  message:
    'Locator.all() gives elements that may be gone when each is asked, one by one: read the list at one moment, by evaluateAll or allTextContents.',
};

export default tseslint.config(
  { ignores: ['**/dist/**', '**/.turbo/**', '**/node_modules/**', '**/coverage/**', 'artifacts/**'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        // What runs in Node is one program: as many as there are packages would read and check the shared ones again and again.
        project: ['tsconfig.json', 'apps/*/tsconfig.json', 'packages/{page,react}/tsconfig.json', PREVIEW],
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
      ...boundaries(UWS, IOREDIS, PROM, KAFKA),
      ...refuse(PROCESS_ENV, ONE_BY_ONE),
    },
  },
  { files: ['services/gateway/src/transport/uws/**'], rules: boundaries(IOREDIS, PROM, KAFKA) },
  {
    files: ['packages/broker/src/redis/**', 'services/inbound/src/stream/redis/**'],
    rules: boundaries(UWS, PROM, KAFKA),
  },
  { files: ['services/inbound/src/kafka/platformatic/**'], rules: boundaries(UWS, IOREDIS, PROM) },
  { files: ['{packages/{service,tracing},services/*}/src/observability/**'], rules: boundaries(UWS, IOREDIS, KAFKA) },
  { files: ['packages/testkit/src/**'], rules: boundaries(UWS, PROM, KAFKA) },
  {
    files: ['bench/src/contestants/servers/**', 'bench/src/measure/{redis-stats,least-writer}.ts'],
    rules: boundaries(PROM),
  },
  {
    files: ['**/config/env.ts', 'packages/testkit/src/**', 'bench/src/contestants/go-toolchain.ts'],
    rules: refuse(ONE_BY_ONE),
  },
  {
    files: ['**/*.test.ts', '**/*.contract.ts', 'tests/**', '{packages,services}/*/tests/**'],
    rules: {
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
      ...refuse(ONE_BY_ONE),
      ...boundaries(UWS, PROM),
    },
  },
  // What a refusal costs is held against the transport by itself.
  { files: ['tests/security/costs/support/bare-server-process.ts'], rules: boundaries(PROM) },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
);
