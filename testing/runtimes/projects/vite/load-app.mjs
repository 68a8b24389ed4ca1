import { createServer } from 'vite';

const vite = await createServer({ appType: 'custom', logLevel: 'warn', server: { middlewareMode: true, ws: false } });
await vite.ssrLoadModule('/app.mjs');
await vite.close();
