import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { EmployeesModule } from './employees.module';
import { EmployeesService } from './employees.service';

async function main(): Promise<void> {
  const app = await NestFactory.create(EmployeesModule, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  await app.get(EmployeesService).add(['999-00-1234', '999-00-5678']);
  const response = await fetch(`${await app.getUrl()}/employees`);
  console.log(await response.text());
  await app.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
