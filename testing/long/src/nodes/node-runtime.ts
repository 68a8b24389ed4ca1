/** A version of Node that the packages must run on. */
export interface NodeRuntime {
  readonly version: string;
  /** Whether it is a failure that this machine cannot get it. */
  readonly required: boolean;
}

/** The oldest supported version, and the lines above it. */
export const NODE_RUNTIMES: readonly NodeRuntime[] = [
  { version: '20.19.0', required: true },
  { version: '22.12.0', required: true },
  { version: '24.21.0', required: true },
  { version: '26.10.0', required: false },
];

/** The npm package that holds this version for this machine. */
export function packageOf({ version }: NodeRuntime): string {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  return `node-${platform}-${process.arch}@${version}`;
}
