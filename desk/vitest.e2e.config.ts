// Runs the end-to-end tests against a kulant that is already running (KULANT_URL, KULANT_EMAIL, KULANT_PASSWORD).
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { environment: 'node', include: ['e2e/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false },
})
