module.exports = {
  transform: { '\\.ts$': ['ts-jest', { tsconfig: `<rootDir>/tsconfig.${process.env.MODULE_KIND}.json` }] },
};
