import { createServer } from 'node:http';
import { render } from './dist/entry-server.mjs';

const server = createServer(async (_, response) => {
  response.setHeader('content-type', 'text/html').end(await render());
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Listening at http://127.0.0.1:${server.address().port}`);
});
