import { ALIAS_NAME, formatArn } from './arn.js';
import { AwsError, notFound } from './aws-error.js';

export interface Alias {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly created: Date;
  targetKeyId: string;
  updated: Date;
}

/** Aliases of one account, by Region. */
export class AliasTable {
  readonly #accountId: string;
  readonly #aliases = new Map<string, Alias>();

  constructor(accountId: string) {
    this.#accountId = accountId;
  }

  add(region: string, name: string, targetKeyId: string): void {
    if (!ALIAS_NAME.test(name)) throw new AwsError('ValidationException', 'Invalid identifier');
    if (name.startsWith('alias/aws/')) {
      throw new AwsError('NotAuthorizedException', 'Names beginning with alias/aws/ are reserved by AWS');
    }
    const arn = this.#arn(region, name);
    if (this.#aliases.has(arn)) {
      throw new AwsError('AlreadyExistsException', `An alias with the name ${arn} already exists`);
    }
    const now = new Date();
    this.#aliases.set(arn, { name, arn, region, targetKeyId, created: now, updated: now });
  }

  retarget(region: string, name: string, targetKeyId: string): void {
    const alias = this.#get(region, name);
    alias.targetKeyId = targetKeyId;
    alias.updated = new Date();
  }

  /** The id of the key that an alias stands for. */
  target(region: string, name: string): string {
    return this.#get(region, name).targetKeyId;
  }

  /** In the order of their names. */
  list(region: string): Alias[] {
    const aliases = [...this.#aliases.values()].filter((alias) => alias.region === region);
    return aliases.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #get(region: string, name: string): Alias {
    const arn = this.#arn(region, name);
    const alias = this.#aliases.get(arn);
    if (!alias) throw notFound(`Alias ${arn} is not found.`);
    return alias;
  }

  #arn(region: string, name: string): string {
    return formatArn({ region, accountId: this.#accountId, resource: name });
  }
}
