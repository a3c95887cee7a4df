import { readdirSync } from 'node:fs';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Packages that one lib alone may import, so that each can be replaced in one place. */
const OWNERS = {
  '@nats-io': 'libs/bus',
  '@grpc': 'libs/rpc',
  sharp: 'libs/imaging',
  '@tensorflow': 'libs/engine',
  '@opentelemetry': 'libs/telemetry',
  h5wasm: 'libs/nn',
  '@aws-sdk': 'libs/archive',
};

/** `@grpc/proto-loader` also serves the message codecs; the OpenTelemetry API is a types-and-no-op package meant for libraries. */
const SHARED = { '@grpc/proto-loader': ['libs/contracts'] };

const ownedPackageRules = Object.entries(OWNERS).map(([scope, owner]) => ({
  files: ['libs/**/*.ts', 'services/**/*.ts'],
  ignores: [
    `${owner}/**`,
    ...Object.entries(SHARED)
      .filter(([name]) => name.startsWith(scope))
      .flatMap(([, folders]) => folders.map((folder) => `${folder}/**`)),
  ],
  patterns: [
    { group: [scope, `${scope}/*`, `${scope}/**`], message: `${scope} belongs to ${owner}: enter by #${owner}.` },
  ],
}));

const restrict = (patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

const LIBS = readdirSync(new URL('libs', import.meta.url));

/** Each folder gets one merged rule: flat config replaces a rule's options instead of adding to them. */
const folderRules = LIBS.map((lib) => ({
  files: [`libs/${lib}/**/*.ts`],
  rules: restrict([
    ...ownedPackageRules.filter((rule) => !rule.ignores.includes(`libs/${lib}/**`)).flatMap((rule) => rule.patterns),
    { group: ['#services/*', '**/services/**'], message: 'Arrows point one way: services → libs.' },
    { regex: `^\\.\\./(\\.\\./)*(libs|${LIBS.join('|')})/`, message: 'Enter a lib by #libs/<name>.' },
  ]),
}));

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.sulcus/', 'libs/contracts/generated/'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  ...folderRules,
  {
    files: ['services/**/*.ts'],
    rules: restrict([
      ...ownedPackageRules.flatMap((rule) => rule.patterns),
      { group: ['#libs/*/*'], message: 'A lib is entered by its index.ts.' },
      { regex: '^(\\.\\./)+libs/', message: 'Enter a lib by #libs/<name>.' },
    ]),
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              name: ['test', 'it', 'describe', 'suite', 'before', 'after', 'beforeEach', 'afterEach'],
              package: 'node:test',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      ...tseslint.configs.disableTypeChecked.languageOptions,
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        fetch: 'readonly',
      },
    },
  },
);
