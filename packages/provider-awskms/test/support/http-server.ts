import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { whenTestEnds } from './when-test-ends.js';

/** An HTTP server in the place of a KMS that ends with the test. */
export async function startServer(answer: RequestListener): Promise<{ endpoint: string; region: string }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenTestEnds(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, region: 'eu-west-2' };
}
