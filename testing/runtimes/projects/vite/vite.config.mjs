import { defineConfig } from 'vite';

// Puts the packages into the bundle. Without it, the server imports them from node_modules, which works as well.
export default defineConfig({ ssr: { noExternal: true } });
