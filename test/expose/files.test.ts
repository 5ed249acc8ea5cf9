import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../proxy/tcp/tls-rig.ts';
import { useFronts } from './rig.ts';

describe('a directory', () => {
  const front = useFronts();
  let scratch: string;
  let root: string;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'files-'));
    root = join(scratch, 'www');
    await mkdir(join(root, 'docs'), { recursive: true });
    await writeFile(join(scratch, 'secret'), 'secret');
    await writeFile(join(root, 'index.html'), '<h1>home</h1>');
    await writeFile(join(root, 'docs', 'index.html'), '<h1>docs</h1>');
    await writeFile(join(root, 'a b.txt'), '0123456789');
    await writeFile(join(root, '.env'), 'KEY=secret');
    await mkdir(join(root, '.well-known', '.git'), { recursive: true });
    await mkdir(join(root, 'docs', '.well-known'));
    await writeFile(join(root, '.well-known', 'assetlinks.json'), '[]');
    for (const name of ['.well-known/.env', '.well-known/.git/config', 'docs/.well-known/x', '.well-known-x'])
      await writeFile(join(root, name), 'KEY=secret');
    await symlink(join(scratch, 'secret'), join(root, 'link'));
  });
  afterAll(() => rm(scratch, { recursive: true }));

  it('is served with its types, its index, ranges and entity tags', async () => {
    await front.expose(root);
    const { url } = await front.door('bob', 'app:80');
    const home = await fetch(url);
    expect(home.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await home.text()).toBe('<h1>home</h1>');
    const part = await fetch(`${url}/a%20b.txt`, { headers: { range: 'bytes=2-4' } });
    expect({ status: part.status, text: await part.text() }).toEqual({ status: 206, text: '234' });
    const session = await front.h2Session('bob');
    const tagged = { ':authority': 'app.sandbox.ts.net', ':path': '/', 'if-none-match': home.headers.get('etag')! };
    expect((await ask(session, tagged)).status).toBe(304);
    const moved = await fetch(`${url}/docs`, { redirect: 'manual' });
    expect({ status: moved.status, to: moved.headers.get('location') }).toEqual({ status: 301, to: '/docs/' });
    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405);
    expect(front.events).toContainEqual(expect.objectContaining({ event: 'request', path: '/', status: 200 }));
  });

  it('is served with its /.well-known/', async () => {
    await front.expose(root);
    const { url } = await front.door('bob', 'app:80');
    for (const path of ['/.well-known/assetlinks.json', '/%2ewell-known/assetlinks.json']) {
      const { status, headers } = await fetch(`${url}${path}`);
      expect({ status, type: headers.get('content-type') }).toEqual({
        status: 200,
        type: expect.stringMatching(/^application\/json/),
      });
    }
    expect((await fetch(`${url}/.well-known/none`)).status).toBe(404);
  });

  it('is served by HTTP/2 as well', async () => {
    await front.expose(root);
    const session = await front.h2Session('bob');
    expect(await ask(session, { ':authority': 'app.sandbox.ts.net', ':path': '/docs/' })).toMatchObject({
      status: 200,
      text: '<h1>docs</h1>',
    });
    expect(await ask(session, { ':authority': 'app.sandbox.ts.net', ':path': '/none' })).toMatchObject({ status: 404 });
  });

  it('is not left, by whatever path, and keeps its dotfiles', async () => {
    await front.expose(root, { routes: ['/text=text:hello'] });
    const session = await front.h2Session('bob');
    const paths = [
      '/../secret',
      '/%2e%2e/secret',
      '/..%2fsecret',
      '/docs/..%2f..%2fsecret',
      '/link',
      '/.env',
      '/%2eenv',
      '/.well-known/.env',
      '/.well-known/%2eenv',
      '/.well-known/.git/config',
      '/.well-known/../.env',
      '/.well-known/..%2f.env',
      '/.well-known/..%5c.env',
      '/.well-known-x',
      '/docs/.well-known/x',
      '/x/../.well-known/.env',
      '/%00',
      '//secret',
      '/..\\secret',
      '/%',
    ];
    for (const path of paths) {
      const { status, text } = await ask(session, { ':authority': 'app.sandbox.ts.net', ':path': path });
      expect({ path, served: status < 400 }).toEqual({ path, served: false });
      expect(text).not.toContain('KEY=');
    }
  });

  it('leads nobody to another host by the slash at the end of a directory', async () => {
    await front.expose(root);
    const session = await front.h2Session('bob');
    for (const path of ['//evil.example/../docs', '/\\evil.example/../docs', '/\\/evil.example/../../docs']) {
      const { headers } = await ask(session, { ':authority': 'app.sandbox.ts.net', ':path': path });
      expect(headers.location).toMatch(/^\/evil/);
    }
  });

  it('may be one route of several, beside a text and a redirect', async () => {
    const routes = [`/site=${root}`, '/text=text:hello world', '/away=redirect:https://example.com/x?y'];
    await front.expose('', { routes, stripPrefix: true });
    const { url } = await front.door('bob', 'app:80');
    expect(await (await fetch(`${url}/site/`)).text()).toBe('<h1>home</h1>');
    expect((await fetch(`${url}/site/docs`, { redirect: 'manual' })).headers.get('location')).toBe('/site/docs/');
    expect(await (await fetch(`${url}/text`)).text()).toBe('hello world\n');
    const away = await fetch(`${url}/away`, { redirect: 'manual' });
    expect({ status: away.status, to: away.headers.get('location') }).toEqual({
      status: 302,
      to: 'https://example.com/x?y',
    });
  });

  it.each([false, true])('is found below its route, with its links: --strip-prefix %s', async (stripPrefix) => {
    await front.expose('text:other', { routes: [`/doc=${root}`, `/a/b=${root}`], stripPrefix });
    const { url } = await front.door('bob', 'app:80');
    const get = async (path: string) => {
      const response = await fetch(`${url}${path}`, { redirect: 'manual' });
      return [response.status, response.headers.get('location') ?? (await response.text())];
    };
    expect(await get('/doc')).toEqual([301, '/doc/']);
    expect(await get('/doc?q=1')).toEqual([301, '/doc/?q=1']);
    expect(await get('/a/b')).toEqual([301, '/a/b/']);
    expect(await get('/doc/')).toEqual([200, '<h1>home</h1>']);
    expect(await get('/doc/index.html?q=1')).toEqual([200, '<h1>home</h1>']);
    expect(await get('/doc/docs?q=1')).toEqual([301, '/doc/docs/?q=1']);
    expect(await get('/doc/docs/')).toEqual([200, '<h1>docs</h1>']);
    expect(await get('/a/b/a%20b.txt')).toEqual([200, '0123456789']);
    expect((await get('/doc/.env'))[0]).toBe(404);
    expect(await get('/docs')).toEqual([200, 'other\n']);
  });

  it('is listed with --listing where it has no index, with its dotfiles and its links out left out', async () => {
    const shared = join(scratch, 'shared');
    await mkdir(join(shared, 'sub', '.git'), { recursive: true });
    await mkdir(join(shared, '.secret'));
    const odd = `a'"<b>&#.txt`;
    for (const name of [odd, 'z.txt', '.env', 'sub/x', '.secret/key']) await writeFile(join(shared, name), 'text');
    await symlink(join(scratch, 'secret'), join(shared, 'out'));
    await symlink(join(shared, 'z.txt'), join(shared, 'in'));
    const get = async (url: string) => {
      const response = await fetch(url);
      return [response.status, await response.text()] as const;
    };
    await front.expose(shared, { listing: true, routes: [`/r=${shared}`] });
    const { url } = await front.door('bob', 'app:80');
    for (const base of [url, `${url}/r`]) {
      const [status, page] = await get(`${base}/`);
      expect(status).toBe(200);
      const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, link]) => link!);
      expect(links.map(decodeURIComponent)).toEqual(['./sub/', `./${odd}`, './in', './z.txt']);
      expect(page).not.toContain('<b>');
      for (const link of links) expect((await fetch(new URL(link, `${base}/`))).status).toBe(200);
      expect((await get(`${base}/sub/`))[1]).toContain('href="./../"');
      for (const path of ['/.secret/', '/sub/.git/', '/none/', '/out/', '/sub/..%2f.secret/'])
        expect((await get(`${base}${path}`))[0]).toBeGreaterThanOrEqual(400);
    }
    const headers = (await fetch(`${url}/`)).headers;
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('has no page without an index, and none with --listing elsewhere', async () => {
    await front.expose(join(root, '..'));
    expect((await fetch((await front.door('bob', 'app:80')).url)).status).toBe(404);
    await expect(front.expose('3000', { name: 'other', listing: true })).rejects.toThrow(
      '--listing requires a directory.',
    );
  });

  it('may be a single file', async () => {
    await front.expose(join(root, 'a b.txt'), { routes: [`/doc/env=${join(root, '.env')}`] });
    const { url } = await front.door('bob', 'app:80');
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toBe('0123456789');
    expect(await (await fetch(`${url}/doc/env`)).text()).toBe('KEY=secret');
    for (const path of ['/index.html', '/a%20b.txt', '/doc/env/x', '/doc'])
      expect((await fetch(`${url}${path}`)).status).toBe(404);
  });

  it('may be a redirect with a code and what the caller asked for, as in tailscale serve', async () => {
    const routes = [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the user
      '/=redirect:https://${HOST}${REQUEST_URI}',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the user
      '/old=redirect:301:https://new.example${REQUEST_URI}',
      '/kept=redirect:308:https://example.com/',
    ];
    await front.expose('', { routes, stripPrefix: true });
    const { url, port } = await front.door('bob', 'app:80');
    const get = async (path: string) => {
      const { status, headers } = await fetch(`${url}${path}`, { redirect: 'manual' });
      return [status, headers.get('location')];
    };
    expect(await get('/a?b=$&')).toEqual([302, `https://127.0.0.1:${port}/a?b=$&`]);
    expect(await get('/old/x?y')).toEqual([301, 'https://new.example/old/x?y']);
    expect(await get('/kept')).toEqual([308, 'https://example.com/']);
  });

  it('is closed to those who may not come in', async () => {
    await front.expose(root, { allow: ['alice@example.com'] });
    expect((await fetch((await front.door('bob', 'app:80')).url)).status).toBe(403);
    expect((await fetch((await front.door('alice', 'app:80')).url)).status).toBe(200);
  });
});
