import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

export default defineConfig(
  globalIgnores(['dist/', 'coverage/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // `import type` stands on its own line: an inline `type` still loads the module.
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { prefer: 'type-imports', fixStyle: 'separate-type-imports' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportSpecifier[importKind="type"]',
          message: 'Put types into an `import type` of their own: this one still loads the module.',
        },
        { selector: 'ExportDefaultDeclaration', message: 'Use a named export.' },
      ],
      // A number or a boolean in a message needs no String(...).
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `() => socket.destroy()` is no confusion, and neither is a function that does nothing.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-empty-function': 'off',
      // Tables and ports are interfaces whose members are functions and do without "this".
      '@typescript-eslint/unbound-method': 'off',
      // Code points are what our grammars are about.
      '@typescript-eslint/no-misused-spread': 'off',
      // A name that begins with _ is taken out of a value so that the rest of it can be had,
      // or holds a place in a signature that express reads by its length.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { varsIgnorePattern: '^_', argsIgnorePattern: '^_' },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['test/**', '*.config.*', '**/*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // What a test reads out of an answer it states by its expectations.
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
)
