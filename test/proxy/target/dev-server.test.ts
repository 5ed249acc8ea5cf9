import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { devServerOf, refusedBy } from '../../../src/proxy/target/dev-server.ts';
import { commandsAt } from '../../../src/proxy/target/listener-process.ts';

describe('the command line of a development server', () => {
  it.each([
    ['node /app/node_modules/.bin/vite', 'Vite'],
    ['node /app/node_modules/vite/bin/vite.js dev --port 5173', 'Vite'],
    ['node /app/node_modules/.bin/next dev -p 3000', 'Next.js'],
    ['node /app/node_modules/next/dist/bin/next --inspect dev', 'Next.js'],
    ['node /app/node_modules/.bin/astro dev', 'Astro'],
    ['node /app/node_modules/nuxt/bin/nuxt.mjs dev', 'Nuxt'],
    ['node /app/node_modules/.bin/react-router dev', 'React Router'],
    ['ng serve', 'Angular'],
    ['node /app/node_modules/@angular/cli/bin/ng.js serve --port 4200', 'Angular'],
    ['webpack', 'webpack-dev-server'], // the title that it gives itself
    ['node /app/node_modules/.bin/webpack serve', 'webpack-dev-server'],
    ['node /app/node_modules/.bin/webpack-dev-server', 'webpack-dev-server'],
    ['node /app/node_modules/react-scripts/scripts/start.js', 'webpack-dev-server'],
    ['node /app/node_modules/.bin/storybook dev -p 6006', 'Storybook'],
    ['node /app/node_modules/.bin/docusaurus start', 'Docusaurus'],
    ['/venv/bin/python manage.py runserver 8000', 'Django'],
    ['python3 -m django runserver', 'Django'],
    ['ruby bin/rails server', 'Rails'],
    ['puma 5.6.5 (tcp://localhost:3000) [site]', 'Rails'], // the title that it gives itself
    ['/venv/bin/python /venv/bin/streamlit run app.py', 'Streamlit'],
    ['/venv/bin/python /venv/bin/jupyter-lab --no-browser', 'Jupyter'],
    ['/venv/bin/python -m jupyter notebook', 'Jupyter'],
  ])('%s is that of %s', (command, name) => {
    expect(devServerOf(command)?.name).toBe(name);
  });

  it.each([
    'node server.js',
    'next-server (v16.4.6)',
    'node /app/node_modules/.bin/next start',
    'node /app/node_modules/.bin/vitest',
    'node /home/vite-user/server.js',
    'nginx: master process',
    'node /app/node_modules/.bin/webpack --watch',
    'puma 5.6.5 (tcp://0.0.0.0:3000) [site]',
    'puma: cluster worker 0: 71 [site]',
    'python app.py',
    'sh -c npm start',
  ])('%s is that of none', (command) => {
    expect(devServerOf(command)).toBeUndefined();
  });

  it('is found by the port, with those of the processes that started it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const [own, parent] = (await commandsAt([port, 9])).get(port)!;
    expect(own).toContain('node');
    expect(parent).toBeTruthy();
    server.close();
    await once(server, 'close');
    expect(await commandsAt([port])).toEqual(new Map());
  });

  it('is that of the shell that forked it, too', async () => {
    const code = 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>console.log(s.address().port))';
    const child = spawn('sh', ['-c', `"${process.execPath}" -e '${code}' vite & wait`], { detached: true });
    onTestFinished(() => void process.kill(-child.pid!, 'SIGKILL'));
    const port = Number((await once(child.stdout, 'data'))[0]);
    expect((await commandsAt([port])).get(port)!.filter((command) => devServerOf(command))).not.toEqual([]);
  });
});

describe('the refusal of a development server', () => {
  const text = (status: number, body: string, path = '/') => refusedBy({ status, path, text: body })?.name;

  it('is recognized by its status and its words', () => {
    expect(text(403, 'Blocked request. This host ("myapp") is not allowed.\nTo allow')).toBe('Vite');
    expect(text(403, 'Invalid Host header')).toBe('webpack-dev-server');
    expect(text(400, '<!DOCTYPE html><title>DisallowedHost at /</title>')).toBe('Django');
    expect(text(403, '<li>Origin checking failed - https://myapp does not match</li>')).toBe('Django');
    expect(text(403, '<h1>Blocked hosts: myapp</h1>')).toBe('Rails');
    expect(text(403, '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid Host: myapp"},"id":null}')).toBe(
      'The MCP server',
    );
    expect(text(421, 'Invalid Host header')).toBe('The MCP server');
    expect(text(400, 'Invalid host header')).toBe('Starlette');
    expect(text(400, '<h1>Bad Request</h1>\n<p>Host &#39;myapp&#39; is not trusted.</p>')).toBe('Flask');
    expect(text(403, 'Cross-site POST form submissions are forbidden')).toBe('The framework');
    expect(text(0, '', '/_next/hmr?id=1')).toBe('Next.js');
    expect(text(403, '403: Forbidden', '/_stcore/stream')).toBe('Streamlit');
  });

  it('is not a response that only resembles one', () => {
    expect(text(200, 'Blocked request. This host ("myapp") is not allowed.')).toBeUndefined();
    expect(text(403, 'You said: Blocked request. This host (x)')).toBeUndefined();
    expect(text(403, 'Forbidden')).toBeUndefined();
    expect(text(400, 'Bad Request', '/_next/hmr')).toBeUndefined();
  });
});
