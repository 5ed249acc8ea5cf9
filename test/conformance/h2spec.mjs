// h2spec, the conformance suite of HTTP/2 servers, against a plain server of Node's on loopback and against the HTTPS of
// tsexpose through a tailnet. Fails where tsexpose fails and Node does not.
//
//   npm run build && npm run h2spec
//
// TSEXPOSE_H2SPEC is a binary of h2spec, in place of one built from Go modules.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

process.env.TS_NO_LOGS_NO_SUPPORT = 'true';
process.env.TS_PANIC_IF_HIT_MAIN_CONTROL = '1';
const { expose, Sandbox } = await import('../../dist/index.js');

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'h2spec-'));

const program = process.env.TSEXPOSE_H2SPEC ?? join(root, 'build/h2spec');
if (!process.env.TSEXPOSE_H2SPEC) {
  const args = ['build', '-trimpath', '-o', program, 'github.com/summerwind/h2spec/cmd/h2spec'];
  await run('go', args, { cwd: join(import.meta.dirname, 'h2spec') });
}

const answer = (request, response) => request.resume().on('end', () => response.end('hello'));
const pem = (name) => readFileSync(join(root, `test/proxy/fixtures/localhost.${name}`));
const plain = http2.createSecureServer({ key: pem('key'), cert: pem('crt') }, answer).on('sessionError', () => {});
await once(plain.listen(0, '127.0.0.1'), 'listening');
const node = await failuresOf(plain.address().port);

const app = http.createServer(answer).listen(0, '127.0.0.1');
await once(app, 'listening');
const sandbox = await Sandbox.start();
Object.assign(process.env, sandbox.env);
const { controlUrl } = sandbox;
const authKey = sandbox.authKey('alice');
const target = String(app.address().port);
const exposure = await expose({ target, name: 'h2spec', controlUrl, authKey, ephemeral: true });
const door = await sandbox.door('bob', 'h2spec:443');
const ours = await failuresOf(Number(new URL(door.url).port));

const worse = ours.failed.filter((name) => !node.failed.includes(name));
console.log(`Node.js ${process.version} on loopback: ${node.passed} of ${node.total} passed, ${node.skipped} skipped`);
for (const name of node.failed) console.log(`  failed: ${name}`);
console.log(`tsexpose through a tailnet: ${ours.passed} of ${ours.total} passed, ${ours.skipped} skipped`);
for (const name of ours.failed) console.log(`  failed: ${name}`);
console.log(
  worse.length === 0
    ? 'no failure that Node.js does not have'
    : `${worse.length} failures of our own: ${worse.join('; ')}`,
);

await door.close();
await exposure.close({ timeout: 0 });
await sandbox.close();
plain.close();
app.close();
rmSync(scratch, { recursive: true });
process.exit(worse.length > 0 ? 1 : 0);

/** The cases of h2spec that fail at a port, by their names. */
async function failuresOf(port) {
  const report = join(scratch, `${port}.xml`);
  // It exits with 1 where a case fails.
  await run(program, ['-t', '-k', '-h', '127.0.0.1', '-p', String(port), '-j', report], { maxBuffer: 1 << 24 }).catch(
    () => {},
  );
  const cases = [
    ...readFileSync(report, 'utf8').matchAll(
      /<testcase package="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g,
    ),
  ];
  const failed = cases
    .filter(([, , , body = '']) => /<(failure|error)/.test(body))
    .map(([, part, name]) => `${part}: ${name}`);
  const skipped = cases.filter(([, , , body = '']) => /<skipped/.test(body)).length;
  return { total: cases.length, passed: cases.length - failed.length - skipped, skipped, failed };
}
