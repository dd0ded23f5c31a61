/** The built pages of the window, for whichever host shows them. */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/**
 * What a page may do: nothing, plus exactly what the window needs; data and blob pictures are previews and exports.
 * @param connect where it may connect to
 */
export const contentPolicy = (connect = "'none'"): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "worker-src 'self'",
    `connect-src ${connect}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/**
 * Where a page or a part of one lies, whether it is there or not; null for what cannot be one.
 * @param folder of the built pages; nothing outside it is given
 * @param pathname as in a URL
 */
export function pagePath(folder: string, pathname: string): { readonly path: string; readonly type: string } | null {
  try {
    const path = normalize(join(folder, decodeURIComponent(pathname)));
    const type = types[extname(path)];
    return path.startsWith(folder + sep) && type && !path.includes('\0') ? { path, type } : null;
  } catch {
    return null; // no path at all
  }
}

/** Such a file as a whole; null where it is not there. */
export async function pageFile(
  folder: string,
  pathname: string,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly type: string } | null> {
  const found = pagePath(folder, pathname);
  const bytes = found && (await readFile(found.path).catch(() => null));
  return bytes && { bytes: new Uint8Array(bytes), type: found.type };
}
