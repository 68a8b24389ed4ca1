import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LocalKmsError } from './local-kms-error.js';

/** Starts to listen and gives the port. @throws LocalKmsError LISTEN */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `The local KMS cannot listen on ${host}:${port} (${cause.code}). Choose another port, or 0 for a free one.`;
      reject(new LocalKmsError('LISTEN', message, { cause }));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** A function that stops a server once, however often it is called, and ends the connections that are open. */
export function closer(server: Server): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => {
    closed ??= new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closed;
  };
}

/** The URL that a client on this machine uses. An address that means "every interface" is none to connect to. */
export function endpointOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
