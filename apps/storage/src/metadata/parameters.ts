import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { page } from '../history/parameters';

export class MetricsQuery extends createZodDto(z.strictObject(page({ most: 1_000, usual: 100 }))) {}
