// Builds the desk for the base path /desk/; in development the API comes from a kulant on port 8080.
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { packed } from './packed.ts'
import { words } from './words.ts'

const server = process.env.KULANT_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  base: '/desk/',
  plugins: [react(), words(), packed()],
  server: {
    fs: { allow: ['..'] },
    proxy: { '/api': { target: server, changeOrigin: false } },
  },
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}', 'test/**/*.test.{ts,tsx}'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 15_000,
    css: false,
  },
})
