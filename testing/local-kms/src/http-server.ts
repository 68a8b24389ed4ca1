import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { answerBody } from './altered-answer.js';
import { AwsError } from './aws-error.js';
import { type CallLog, describeCall, type KmsCall } from './call-log.js';
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
  return createServer((request, response) => {
    const requestId = randomUUID();
    response.setHeader('x-amzn-RequestId', requestId);
    // Rejects only when the client goes away first; nobody is left to answer then.
    answer(service, request, response, requestId).catch(() => response.destroy());
  });
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
  const call = log.add(describeCall({ operation, region: operationScope.region, requestId, body }));
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
    send(response, call, 200, answerBody(result, fault));
  } catch (error) {
    sendError(response, call, error);
  }
}

/** Rejects when the connection ends first, so that no timer outlives it. */
async function delayWhileConnected(response: ServerResponse, milliseconds: number): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await delay(milliseconds, undefined, { signal: gone.signal });
}

function sendError(response: ServerResponse, call: KmsCall, error: unknown): void {
  const { name, message, status } =
    error instanceof AwsError ? error : new AwsError('InternalFailureException', `The local KMS failed: ${error}`);
  call.error = name;
  send(response, call, status, JSON.stringify({ __type: name, message }));
}

function send(response: ServerResponse, call: KmsCall, status: number, body: string): void {
  call.status = status;
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
