import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

// A few pages, no inline script, no source from anywhere else: the node serves them
// under a policy that allows neither. What is built goes into dist/app, which the
// binary embeds; dist/unbuilt.html beside it is served when nothing was built.
export default defineConfig({
  base: '/',
  publicDir: false,
  build: {
    outDir: 'dist/app',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: Object.fromEntries(
        ['phone', 'try', 'flows'].map(page => [page, resolve(import.meta.dirname, `${page}.html`)]),
      ),
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/sip': { target: 'ws://127.0.0.1:8080', ws: true } } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
