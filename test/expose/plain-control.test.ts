import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GO_FLAGS } from '../../scripts/flags.mjs';

const root = join(import.meta.dirname, '../..');
const flags = [...GO_FLAGS, '-buildmode=pie'];

describe('tsexpose on a control server that is not the sandbox', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tsexpose-plain-'));
  const seen: { headers: IncomingHttpHeaders; raw: string[] }[] = [];
  const service = createServer((request, response) => {
    seen.push({ headers: request.headers, raw: request.rawHeaders });
    response.end('hello from the service');
  });
  let control: ChildProcess;
  let lines: AsyncIterator<string>;
  let ready: { controlUrl: string; authKey: string };

  beforeAll(async () => {
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    const program = join(scratch, 'control');
    const env = { ...process.env, CGO_ENABLED: '1', GOTOOLCHAIN: 'local' };
    execFileSync('go', ['build', ...flags, '-o', program, './test/expose/fixtures/plain-control'], { cwd: root, env });
    control = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    lines = createInterface({ input: control.stdout! })[Symbol.asyncIterator]();
    ready = JSON.parse((await lines.next()).value);
  }, 300_000);

  afterAll(async () => {
    control.stdin!.end();
    await once(control, 'exit');
    service.close();
    rmSync(scratch, { recursive: true });
  });

  it('is reached by name, tells the service the caller, and takes no forged header', async () => {
    const { port } = service.address() as AddressInfo;
    const node = [
      '--control-url',
      ready.controlUrl,
      '--auth-key',
      ready.authKey,
      '--state-dir',
      join(scratch, 'state'),
    ];
    const args = ['bin/run.js', String(port), '--name', 'myapp', ...node, '--json'];
    const tsexpose = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let announced: Record<string, unknown> | undefined;
    for await (const line of createInterface({ input: tsexpose.stdout })) {
      const event = JSON.parse(line);
      if (event.event === 'ready') {
        announced = event;
        break;
      }
    }
    expect(announced).toMatchObject({ name: 'myapp', target: `http://localhost:${port}` });
    expect(announced!.fqdn).toMatch(/^myapp\.[\w.]+$/);
    expect(announced!.urls).toContain(`http://${announced!.fqdn}`);
    expect(announced!.ips).toEqual([expect.stringMatching(/^100\./), expect.stringMatching(/^fd7a:/)]);

    control.stdin!.write('myapp\n');
    const visit = JSON.parse((await lines.next()).value);
    expect(visit).toMatchObject({ status: 200, body: 'hello from the service' });
    expect(seen).toHaveLength(1);
    expect(seen[0]!.headers['tailscale-user-login']).toBe(visit.login);
    expect(seen[0]!.headers).not.toHaveProperty('tailscale-app-capabilities');
    expect(seen[0]!.headers['x-forwarded-for']).toMatch(/^100\./);
    expect(seen[0]!.raw.join('\n')).not.toMatch(/root@example\.com|203\.0\.113\.1/);

    tsexpose.stdout.resume();
    tsexpose.kill('SIGINT');
    expect((await once(tsexpose, 'exit'))[0]).toBe(130);
  }, 60_000);
});
