import 'reflect-metadata';
import { Test } from '@nestjs/testing';
import { EmployeesModule } from './employees.module';
import { EmployeesService } from './employees.service';

test('a service encrypts and decrypts in the test module of NestJS', async () => {
  const testing = await Test.createTestingModule({ imports: [EmployeesModule] }).compile();
  const employees = testing.get(EmployeesService);
  await employees.add(['999-00-1234', '999-00-5678']);
  expect(await employees.all()).toEqual(['999-00-1234', '999-00-5678']);
  expect(await employees.copied()).toBe('AUTH_FAILED');
  await testing.close();
});
