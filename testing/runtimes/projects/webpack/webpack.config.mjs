const application = { mode: 'production', target: 'node20', entry: './app.mjs' };

export default [
  {
    ...application,
    experiments: { outputModule: true },
    output: { filename: 'app.mjs', module: true, library: { type: 'module' } },
  },
  { ...application, output: { filename: 'app.cjs', library: { type: 'commonjs2' } } },
];
