/** The names in a directory as a page, for directories that are shared rather than published. */
import { createHash } from 'node:crypto';
import { type Dirent, realpathSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import escapeHtml from 'escape-html';

const STYLE = `:root{color-scheme:light dark;font:16px/1.6 system-ui,sans-serif}
body{margin:0 auto;max-width:50rem;padding:2rem;background:Canvas;color:CanvasText}
h1{font-size:1.25rem;overflow-wrap:anywhere}ul{list-style:none;padding:0}
a{font-family:ui-monospace,monospace;overflow-wrap:anywhere}`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

/** A page with its headers as a flat list. */
export interface Listing {
  headers: string[];
  body: Buffer;
}

/**
 * Lists the directory at a path below a root; undefined if there is none.
 *
 * @param pathname as the caller sent it, with a slash at the end
 * @param shown the path that the caller sees
 */
export async function listDirectory(root: string, pathname: string, shown: string): Promise<Listing | undefined> {
  const path = decodeURIComponent(pathname);
  // rule: a directory whose name starts with a dot is not listed
  if (path.split(/[/\\]/).some((part) => part.startsWith('.'))) return undefined;
  try {
    const real = await realpath(root);
    const directory = join(real, path);
    const entries = await readdir(directory, { withFileTypes: true });
    return render(
      decodeURIComponent(shown),
      entries
        .filter((entry) => isServed(entry, directory, real))
        .map(nameOf)
        .sort(byName),
      path === '/',
    );
  } catch {
    return undefined;
  }
}

function isServed(entry: Dirent, directory: string, root: string): boolean {
  // rule: dotfiles are not listed
  if (entry.name.startsWith('.')) return false;
  if (!entry.isSymbolicLink()) return entry.isFile() || entry.isDirectory();
  try {
    // rule: a link out of the directory is not listed — mutate: startsWith(root + sep) => startsWith('')
    return realpathSync(join(directory, entry.name)).startsWith(root + sep);
  } catch {
    return false;
  }
}

const nameOf = (entry: Dirent) => (entry.isDirectory() ? `${entry.name}/` : entry.name);

function byName(a: string, b: string): number {
  return Number(b.endsWith('/')) - Number(a.endsWith('/')) || a.localeCompare(b);
}

function render(path: string, names: readonly string[], isRoot: boolean): Listing {
  const items = (isRoot ? names : ['../', ...names]).map((name) => {
    // `./` keeps a name such as `javascript:x` from being read as a URL.
    const link = `./${name.split('/').map(encodeURIComponent).join('/')}`;
    // rule: the names in a listing are escaped — mutate: escapeHtml(name) => name
    return `<li><a href="${link.replaceAll("'", '%27')}">${escapeHtml(name)}</a></li>`;
  });
  const title = escapeHtml(path);
  const body = Buffer.from(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style></head>
<body><h1>${title}</h1><ul>
${items.join('\n')}
</ul></body></html>
`);
  const headers = [
    ...['Content-Type', 'text/html; charset=utf-8', 'Content-Length', String(body.length), 'Cache-Control', 'no-store'],
    ...['Content-Security-Policy', POLICY, 'X-Content-Type-Options', 'nosniff', 'Referrer-Policy', 'same-origin'],
  ];
  return { headers, body };
}
