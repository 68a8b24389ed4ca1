// One copy serves both packages: their tests hold the same envelope to its promises.
export * from '../../../envelope/test/support/fake-time.js';
