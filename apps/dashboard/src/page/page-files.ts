import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const brotliOf = promisify(brotliCompress);
const gzipOf = promisify(gzip);

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.svg', '.txt']);

export type Encoding = 'identity' | 'gzip' | 'br';

export interface PageFile {
  readonly type: string;
  readonly cacheControl: string;
  readonly etag: string;
  readonly bodies: Readonly<Record<Encoding, Buffer | undefined>>;
}

/**
 * The built page, read and compressed once at the start. A request looks its path up in a map, so no path of a request ever
 * reaches the file system.
 */
export class PageFiles {
  private constructor(private readonly files: ReadonlyMap<string, PageFile>) {}

  /** Reads all files below `root`. A folder that does not exist is an empty page. */
  static async load(root: string): Promise<PageFiles> {
    const files = new Map<string, PageFile>();
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile() || entry.name.endsWith('.map')) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(`/${relative(root, path).split(sep).join('/')}`, await readPageFile(path));
    }
    return new PageFiles(files);
  }

  get isEmpty(): boolean {
    return !this.files.has('/index.html');
  }

  /** The file at a path of the URL; the page itself at `/` and, for a browser that asks for a page, at addresses without a dot. */
  find(urlPath: string, wantsPage: boolean): PageFile | undefined {
    const isPage = urlPath === '/' || (wantsPage && extname(urlPath) === '');
    return this.files.get(urlPath) ?? (isPage ? this.files.get('/index.html') : undefined);
  }
}

/** The best encoding of a file that `Accept-Encoding` admits. */
export function chooseEncoding(file: PageFile, acceptEncoding: string | undefined): Encoding {
  const accepted = new Set<string>();
  for (const part of (acceptEncoding ?? '').toLowerCase().split(',')) {
    const [name, ...parameters] = part.split(';').map((text) => text.trim());
    if (name && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) accepted.add(name);
  }
  if (file.bodies.br !== undefined && accepted.has('br')) return 'br';
  if (file.bodies.gzip !== undefined && accepted.has('gzip')) return 'gzip';
  return 'identity';
}

async function readPageFile(path: string): Promise<PageFile> {
  const body = await readFile(path);
  const extension = extname(path).toLowerCase();
  const compress = COMPRESSIBLE.has(extension) && body.length > 1_024;
  // Vite puts a hash of the content into the names below /assets/: such a file never changes.
  const hashed = path.split(sep).includes('assets');
  return {
    type: TYPES[extension] ?? 'application/octet-stream',
    cacheControl: hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    bodies: {
      identity: body,
      gzip: compress ? await gzipOf(body, { level: 9 }) : undefined,
      br: compress ? await brotliOf(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }) : undefined,
    },
  };
}
