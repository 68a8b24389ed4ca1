/** What is used of a command of the SDK: its own stack, which every client that sends it runs. */
export interface KmsCommand {
  readonly middlewareStack: {
    // biome-ignore lint/suspicious/noExplicitAny: the SDK's own types differ by step and by command
    add(middleware: (next: any) => any, options: any): void;
  };
}

type Next = (args: object) => Promise<object>;

/**
 * Where the error of one call comes from: out of the request itself, or from what the SDK does before it. Credentials
 * come from other services (STS, SSO, instance metadata), whose `AccessDeniedException` is not the word of the KMS.
 */
export class CallOrigin {
  #isRun = false;
  #thrown: unknown;

  constructor(command: KmsCommand) {
    const atStart = (next: Next): Next => {
      this.#isRun = true;
      return next;
    };
    // Inside this step are the HTTP request and the parsing of its answer, and nothing else.
    const aroundRequest =
      (next: Next): Next =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          this.#thrown = error;
          throw error;
        }
      };
    command.middlewareStack.add(atStart, { step: 'initialize', priority: 'high', name: 'sqlcrypterStart' });
    command.middlewareStack.add(aroundRequest, { step: 'deserialize', priority: 'high', name: 'sqlcrypterRequest' });
  }

  /** Whether an error came out of the request. A client that runs no stack, as mocks do, has nothing before it. */
  isRequest(error: unknown): boolean {
    return !this.#isRun || error === this.#thrown;
  }
}
