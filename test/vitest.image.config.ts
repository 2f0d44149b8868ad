import { defineConfig } from 'vitest/config'

/** The tests that need a Docker engine. */
export const NEEDS_DOCKER = [
  'test/image.test.ts',
  'test/demo/container.test.ts',
  'test/demo/packages.test.ts',
  'test/deploy/compose.test.ts',
  'test/deploy/systemd.test.ts',
]

/** `npm run test:image`: what needs a Docker engine, and fails without one. */
export default defineConfig({
  test: {
    root: '.',
    include: NEEDS_DOCKER,
    globalSetup: ['test/support/setup.ts'],
    fileParallelism: false, // each builds an image
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
})
