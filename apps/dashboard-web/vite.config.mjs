import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const workspace = new URL('../../', import.meta.url);
const pathOf = (relative) => fileURLToPath(new URL(relative, workspace));

/** `npx vite apps/dashboard-web` serves the page for development and sends the rest to a running gateway. */
const gateway = process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: pathOf('apps/dashboard-web'),
  plugins: [react()],
  resolve: { alias: { '@tidewatch/contracts': pathOf('libs/contracts/src/index.ts') } },
  server: {
    proxy: {
      '/v1': gateway,
      '/socket.io': { target: gateway, ws: true },
    },
  },
  build: {
    outDir: pathOf('dist/apps/dashboard-web'),
    emptyOutDir: true,
    target: 'es2022',
    // Data URLs would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // React, Mantine, zod and socket.io: 180 kB compressed, fetched once. The chart comes when it is needed.
    chunkSizeWarningLimit: 650,
  },
});
