import { createServer } from 'node:http';
import { createServer as createViteServer } from 'vite';

const server = createServer(async (_, response) => {
  const { render } = await vite.ssrLoadModule('/src/entry-server.ts');
  response.setHeader('content-type', 'text/html').end(await render());
});
const vite = await createViteServer({ appType: 'custom', server: { middlewareMode: true, hmr: { server } } });
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Listening at http://127.0.0.1:${server.address().port}`);
});
