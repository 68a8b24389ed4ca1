import type { Alias } from '../alias-table.js';
import { AwsError } from '../aws-error.js';
import { optionalIdentifier, optionalInteger } from '../request-fields.js';
import { epochSeconds } from './key-metadata.js';
import type { Operation } from './operation.js';

/** The marker is the name of the last alias of the page before. */
export const listAliases: Operation = (fields, { store, region }) => {
  const keyId = optionalIdentifier(fields, 'KeyId');
  const limit = optionalInteger(fields, 'Limit', 1, 100) ?? 50;
  const marker = optionalIdentifier(fields, 'Marker');
  const target = keyId === undefined ? undefined : store.findByKeyId(region, keyId).keyId;

  const aliases = store.aliases.list(region).filter((alias) => target === undefined || alias.targetKeyId === target);
  const start = marker === undefined ? 0 : aliases.findIndex((alias) => alias.name === marker) + 1;
  if (marker !== undefined && start === 0) {
    throw new AwsError('InvalidMarkerException', 'Marker is not one that a ListAliases answer gave.');
  }
  const page = aliases.slice(start, start + limit);
  const truncated = start + limit < aliases.length;
  return {
    Aliases: page.map(listed),
    Truncated: truncated,
    ...(truncated && { NextMarker: page.at(-1)?.name }),
  };
};

function listed(alias: Alias): Record<string, unknown> {
  return {
    AliasName: alias.name,
    AliasArn: alias.arn,
    TargetKeyId: alias.targetKeyId,
    CreationDate: epochSeconds(alias.created),
    LastUpdatedDate: epochSeconds(alias.updated),
  };
}
