// How the pages are built into `dist/ui`, and how they run during development beside a server.

import react from '@vitejs/plugin-react';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { defineConfig, loadEnv } from 'vite';
import type { Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Compresses once, at build time, what the server would compress for every visitor. */
function precompress(): Plugin {
  let outDir = '';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved({ root: base, build }) {
      outDir = resolve(base, build.outDir);
    },
    async closeBundle() {
      const names = await readdir(outDir, { recursive: true });
      for (const name of names.filter((n) => /\.(?:js|css|html)$/.test(n))) {
        const bytes = await readFile(join(outDir, name));
        await writeFile(join(outDir, `${name}.gz`), gzipSync(bytes, { level: 9 }));
        await writeFile(join(outDir, `${name}.zst`), zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 19 } }));
      }
    },
  };
}

export default defineConfig(({ mode }) => {
  // `SIGHTLINE_UI_PROXY=http://127.0.0.1:9090` develops against another server.
  const server = loadEnv(mode, root, 'SIGHTLINE_UI_')['SIGHTLINE_UI_PROXY'] ?? 'http://127.0.0.1:3000';
  return {
    root,
    plugins: [react(), precompress()],
    build: { outDir: '../dist/ui', emptyOutDir: true, sourcemap: false, target: 'es2022' },
    server: { proxy: { '/prom': server, '/api': server, '/jaeger': server, '/loki': { target: server, ws: true } } },
  };
});
