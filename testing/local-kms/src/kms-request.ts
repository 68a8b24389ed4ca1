import type { IncomingMessage } from 'node:http';

/** What the headers of a request say. */
export interface KmsRequest {
  /** The operation of `X-Amz-Target: TrentService.<operation>`; as it is where it names another service. */
  readonly operation: string;
  /** Region of the credential scope that the request was signed for; undefined where it is not signed. */
  readonly region: string | undefined;
}

const MAXIMUM_BODY_LENGTH = 1_048_576;
const CREDENTIAL_SCOPE = /Credential=[^/\s,]+\/\d{8}\/([a-z0-9-]{1,40})\/kms\/aws4_request/;

/** Reads the headers. A signature is not checked: only the Region is taken from it. */
export function readHeaders({ headers }: IncomingMessage): KmsRequest {
  const target = String(headers['x-amz-target'] ?? '');
  return {
    operation: target.startsWith('TrentService.') ? target.slice('TrentService.'.length) : target,
    region: CREDENTIAL_SCOPE.exec(headers.authorization ?? '')?.[1],
  };
}

/** The whole body, or undefined where it is longer than 1 MiB: no request of KMS comes near that. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAXIMUM_BODY_LENGTH) chunks.push(chunk);
  }
  return length <= MAXIMUM_BODY_LENGTH ? Buffer.concat(chunks).toString('utf8') : undefined;
}
