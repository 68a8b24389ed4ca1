export { type KmsProcess, startKmsProcess } from './kms-process.js';
export type { MonthOptions } from './lives.js';
export { type FleetCalls, type MonthFigures, simulateMonth } from './month.js';
