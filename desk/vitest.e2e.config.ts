// Runs the end-to-end tests against a kulant that they start themselves (KULANT_BINARY, KULANT_CHROMIUM).
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { environment: 'node', globalSetup: ['e2e/program.ts'], include: ['e2e/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false },
})
