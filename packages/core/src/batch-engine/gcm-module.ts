/// <reference types="node" preserve="true" />
import { GCM_MODULE_BYTES } from './gcm-module-bytes.js';

/** What assembly/gcm-batch.as exports; it says what each function does. Addresses and lengths are in bytes. */
export interface GcmFunctions {
  makeTable(address: number): void;
  makeSquareTable(address: number): void;
  hashShared(address: number, blocks: number): void;
  writeCounters(descriptors: number, count: number, to: number): number;
  writeStarts(descriptors: number, count: number, start: number, startLength: number, nonces: number): void;
  open(
    descriptors: number,
    count: number,
    start: number,
    startLength: number,
    sharedLength: number,
    keyStream: number,
    streams: number,
    hasSquare: number,
  ): void;
  seal(
    descriptors: number,
    count: number,
    sharedLength: number,
    keyStream: number,
    streams: number,
    hasSquare: number,
  ): void;
  wipe(
    hasSquare: number,
    data: number,
    dataEnd: number,
    keyStream: number,
    keyStreamEnd: number,
    frames: number,
    framesEnd: number,
    streams: number,
    streamsEnd: number,
  ): void;
}

/** The module and its memory, which never grows and so never moves. */
export interface GcmModule extends GcmFunctions {
  readonly bytes: Buffer;
  readonly words: Uint32Array;
  /** Whether a run has the memory. It is said here, since runs of another copy of the package may work in it, too. */
  isMemoryTaken: boolean;
}

/** The part of the WebAssembly API that is used; TypeScript declares it for browsers only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: GcmFunctions & { readonly memory: { readonly buffer: ArrayBuffer } };
  };
}

let loaded: GcmModule | undefined;
let isMissing = false;

/**
 * The module, compiled at the first call, which takes half a millisecond; undefined where this process has no
 * WebAssembly or its processor lacks what SIMD needs.
 */
export function gcmModule(): GcmModule | undefined {
  if (loaded === undefined && !isMissing) {
    try {
      loaded = compile();
    } catch {
      isMissing = true;
    }
  }
  return loaded;
}

/** Whether the module is compiled already, so that using it costs nothing more. */
export function isGcmModuleLoaded(): boolean {
  return loaded !== undefined;
}

function compile(): GcmModule {
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
  const { exports } = new Instance(new Module(Buffer.from(GCM_MODULE_BYTES, 'base64')));
  const { makeTable, makeSquareTable, hashShared, writeCounters, writeStarts, open, seal, wipe, memory } = exports;
  return {
    ...{ makeTable, makeSquareTable, hashShared, writeCounters, writeStarts, open, seal, wipe },
    bytes: Buffer.from(memory.buffer),
    words: new Uint32Array(memory.buffer),
    isMemoryTaken: false,
  };
}
