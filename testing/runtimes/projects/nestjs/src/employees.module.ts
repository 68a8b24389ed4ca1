import { Controller, Get, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { register, shutdown } from '@sqlcrypter/core';
import { CRYPTERER, EmployeesService } from './employees.service';

@Controller('employees')
export class EmployeesController {
  @Inject(EmployeesService) private readonly employees!: EmployeesService;

  @Get()
  async list(): Promise<{ scheme: string; ssns: string[]; copied: string }> {
    const { scheme } = this.employees.crypterer;
    return { scheme, ssns: await this.employees.all(), copied: await this.employees.copied() };
  }
}

@Module({
  controllers: [EmployeesController],
  providers: [
    EmployeesService,
    {
      provide: CRYPTERER,
      useFactory: () => {
        const crypterer = createAesCrypterer({ key: generateKey() });
        register('employees', crypterer);
        return crypterer;
      },
    },
  ],
})
export class EmployeesModule implements OnApplicationShutdown {
  onApplicationShutdown(): Promise<void> {
    return shutdown();
  }
}
