import { spoiled } from './bad-provider.js';

export const worksAfterClose = spoiled('works after it was closed', 'refuses every call after it was closed', () => {
  let closed = false;
  const close = async () => {
    closed = true;
  };
  const state = { close, [Symbol.asyncDispose]: close };
  return Object.defineProperty(state, 'closed', { get: () => closed });
});
