import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { answerBody } from './altered-answer.js';
import { AwsError } from './aws-error.js';
import { type CallLog, describeCall } from './call-log.js';
import { dispatch } from './dispatch.js';
import type { Faults } from './faults.js';
import { injectedException } from './injected-exception.js';
import { readBody, readHeaders } from './kms-request.js';
import type { OperationScope } from './operations/operation.js';
import { parseFields } from './request-fields.js';

/** What the HTTP side needs to answer. */
export interface KmsService {
  readonly log: CallLog;
  readonly faults: Faults;
  /** Where an operation runs that was signed for a Region; without one, the Region of the KMS. */
  readonly scope: (region?: string) => OperationScope;
}

/** A server that speaks AWS JSON 1.1. */
export function createKmsServer(service: KmsService): Server {
  const server = createServer((request, response) => {
    const requestId = randomUUID();
    response.setHeader('x-amzn-RequestId', requestId);
    // Rejects only when the client goes away first; nobody is left to answer then.
    answer(service, request, response, requestId).catch(() => response.destroy());
  });
  // A kept connection that the server closes just as the client uses it again is an error that no test wants.
  server.keepAliveTimeout = 0;
  return server;
}

async function answer(
  { log, faults, scope }: KmsService,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const body = await readBody(request);
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST');
    return sendText(response, 405, 'The local KMS answers POST requests of an AWS KMS client.');
  }
  if (body === undefined) return sendText(response, 413, 'The local KMS takes requests of at most 1 MiB.');

  const { operation, region } = readHeaders(request);
  const operationScope = scope(region);
  const logAnswer = log.add(describeCall({ operation, region: operationScope.region, requestId, body }));
  const fault = faults.next(operation);

  if (fault.latency) await delayWhileConnected(response, fault.latency);
  if (fault.hang) return;
  if (fault.cut) {
    request.socket.destroy();
    return;
  }
  try {
    const injected = injectedException(fault, operation, operationScope.store.accountId);
    if (injected) throw injected;
    const result = dispatch(operation, parseFields(body), operationScope);
    logAnswer({ status: 200 });
    send(response, 200, answerBody(result, fault));
  } catch (error) {
    const { name, message, status } = asException(error);
    logAnswer({ status, error: name });
    send(response, status, JSON.stringify({ __type: name, message }));
  }
}

/** Rejects when the connection ends first, so that no timer outlives it. */
async function delayWhileConnected(response: ServerResponse, milliseconds: number): Promise<void> {
  if (response.destroyed) throw new Error('The client is gone.');
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await delay(milliseconds, undefined, { signal: gone.signal });
}

/** A fault of the local KMS itself is answered as AWS answers one of its own. */
function asException(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  return new AwsError('InternalFailureException', `The local KMS failed: ${error}`);
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
