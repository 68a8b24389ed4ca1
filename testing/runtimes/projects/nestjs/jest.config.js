// As `nest new` writes it.
module.exports = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  rootDir: 'src',
  testRegex: '.*\\.spec\\.ts$',
  transform: { '^.+\\.(t|j)s$': ['ts-jest', { tsconfig: `tsconfig.${process.env.MODULE_KIND}.json` }] },
  testEnvironment: 'node',
};
