import { defineConfig } from 'vitest/config'
import { NEEDS_DOCKER } from './vitest.image.config.ts'

export default defineConfig({
  test: {
    root: '.',
    include: ['test/**/*.test.ts'],
    exclude: NEEDS_DOCKER, // npm run test:image
    globalSetup: ['test/support/setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
})
