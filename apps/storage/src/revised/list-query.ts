import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { page } from '../history/parameters';

/** A page of a list of what can be changed. */
export class ListQuery extends createZodDto(z.strictObject(page({ most: 1_000, usual: 100 }))) {}
