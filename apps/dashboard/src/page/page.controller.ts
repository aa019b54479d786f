import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '@tidewatch/auth';
import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { chooseEncoding, PageFiles } from './page-files';

/** The built page. It holds nothing secret: the session is asked for by what it calls. */
@ApiExcludeController()
@Public()
@Controller()
export class PageController {
  constructor(private readonly files: PageFiles) {}

  @Get('*')
  serve(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const [path] = request.url.split('?', 1);
    const file = this.files.find(path!, request.headers.accept?.includes('text/html') ?? false);
    if (file === undefined)
      throw new ProblemError(404, PROBLEM_CODES.notFound, 'There is nothing at this address.');
    void reply
      .header('content-type', file.type)
      .header('cache-control', file.cacheControl)
      .header('etag', file.etag)
      .header('vary', 'accept-encoding')
      .header('x-content-type-options', 'nosniff');
    if (request.headers['if-none-match']?.includes(file.etag)) {
      void reply.code(304).send();
      return;
    }
    const encoding = chooseEncoding(file, request.headers['accept-encoding']);
    if (encoding !== 'identity') void reply.header('content-encoding', encoding);
    void reply.send(file.bodies[encoding]);
  }
}
