/** The pages of the documentation, and what tests need to know about them. */
import { readText, trackedFiles } from '../module-graph.ts';

export interface Fence {
  /** Such as `docs/library.md:7`. */
  where: string;
  language: string;
  text: string;
}

/** Every Markdown page that people read; generated licenses are not among them. */
export const PAGES = trackedFiles('.').filter((path) => path.endsWith('.md') && !path.startsWith('licenses/'));

/** Returns the fenced blocks of a page. */
export function fences(page: string): Fence[] {
  const lines = readText(page).split('\n');
  const found: Fence[] = [];
  let open: (Fence & { indent: string }) | undefined;
  lines.forEach((line, index) => {
    const [, indent = '', language] = /^( *)```(\w*)/.exec(line) ?? [];
    if (!open && language !== undefined) open = { where: `${page}:${index + 1}`, language, text: '', indent };
    else if (open && line.startsWith(`${open.indent}\`\`\``)) {
      found.push({ where: open.where, language: open.language, text: open.text });
      open = undefined;
    } else if (open) open.text += `${line.slice(open.indent.length)}\n`;
  });
  return found;
}

/** Returns a page without its fenced blocks, comments, and, unless they matter, pieces of code in the text. */
export function prose(page: string, { code = false } = {}): string {
  const text = readText(page)
    .replace(/^( *)```[\s\S]*?^\1```/gm, '')
    .replace(/<!--[\s\S]*?-->/g, '');
  return code ? text : text.replace(/(`+)(?!`)[\s\S]*?\1/g, '');
}

/** Returns the anchors of a page, as GitHub derives them from the headings. */
export function anchors(page: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = prose(page, { code: true }).match(/^#{1,6} .*$/gm) ?? [];
  const slugs = headings.map((heading) => {
    const text = heading.replace(/^#+ /, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = text
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  const named = readText(page).matchAll(/<a (?:id|name)="([^"]+)"/g);
  return new Set([...slugs, ...[...named].map(([, name]) => name!)]);
}
