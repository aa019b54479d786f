import { describe, expect, test } from '@jest/globals';
import { chooseEncoding, type PageFile } from './page-files';

const file: PageFile = {
  type: 'text/html',
  cacheControl: 'no-cache',
  etag: '"x"',
  bodies: { identity: Buffer.of(1), gzip: Buffer.of(2), br: Buffer.of(3) },
};

describe('the encoding of a file', () => {
  test.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['identity', 'identity'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['GZIP;q=0.5, BR;q=0', 'gzip'],
    ['br;q=0.000', 'identity'],
    ['zstd', 'identity'],
    ['*', 'identity'],
  ] as const)('for %p is %p', (header, encoding) => expect(chooseEncoding(file, header)).toBe(encoding));

  test('is none when the file is not compressed', () => {
    const plain = { ...file, bodies: { ...file.bodies, gzip: undefined, br: undefined } };
    expect(chooseEncoding(plain, 'br, gzip')).toBe('identity');
  });
});
