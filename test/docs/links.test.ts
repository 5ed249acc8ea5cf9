import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readText, trackedFiles } from '../module-graph.ts';
import { anchors, PAGES, prose } from './pages.ts';

/** Returns the targets of a page's links, images, and references. */
function targets(page: string): string[] {
  const text = prose(page);
  const inline = [...text.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g)].map(([, target]) => target!);
  const defined = [...text.matchAll(/^\[[^\]]+\]: (\S+)/gm)].map(([, target]) => target!);
  return [...inline, ...defined];
}

const isExternal = (target: string) => /^[a-z]+:/.test(target);

describe.each(PAGES)('the links of %s', (page) => {
  const links = targets(page);

  it('lead to files of the project', () => {
    const files = links.filter((target) => !isExternal(target) && !target.startsWith('#'));
    const paths = files.map((target) => normalize(join(dirname(page), decodeURI(target.split('#')[0]!))));
    expect(paths.filter((path) => path.startsWith('..') || !existsSync(path))).toEqual([]);
  });

  it('lead to headings that exist', () => {
    const internal = links.filter((target) => !isExternal(target) && target.includes('#'));
    const broken = internal.filter((target) => {
      const [file, anchor] = target.split('#');
      const path = file ? normalize(join(dirname(page), file)) : page;
      return path.endsWith('.md') && existsSync(path) && !anchors(path).has(anchor!);
    });
    expect(broken).toEqual([]);
  });

  it('leave the project by HTTPS only', () => {
    expect(links.filter((target) => isExternal(target) && !/^(https|mailto):/.test(target))).toEqual([]);
  });
});

describe('docs/README.md', () => {
  it('leads to every page of the documentation', () => {
    const linked = targets('docs/README.md').map((target) => normalize(join('docs', target.split('#')[0]!)));
    const pages = PAGES.filter((page) => /^docs\/[^/]+\.md$/.test(page) && page !== 'docs/README.md');
    expect(pages.filter((page) => !linked.includes(page))).toEqual([]);
  });
});

describe('docs/troubleshooting.md', () => {
  const page = readFileSync('docs/troubleshooting.md', 'utf8');

  it('has every warning', () => {
    const sources = trackedFiles('src').filter((path) => /\.tsx?$/.test(path));
    const text = sources.map(readText).join('\n');
    const codes = [...text.matchAll(/\bevent: 'warning',\s*code: '(\w+)'|\bcode: '(TARGET_\w+|ANY_HOST)'/g)];
    const named = new Set(codes.map(([, code, other]) => code ?? other!));
    expect(named.size).toBeGreaterThan(10);
    expect([...named].filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  it('has every error code, and what it means', () => {
    const sections = readFileSync('docs/errors.md', 'utf8').matchAll(/^## (ERR_\w+)\n\n(.*?)(?: Exit code \d+\.)?$/gm);
    const rows = [...sections].map(([, code, when]) => `| [${code}](errors.md#${code!.toLowerCase()}) | ${when} |`);
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((row) => !page.includes(`\n${row}\n`))).toEqual([]);
  });
});
