// Runs the suite against any proxy:
//
//   npm run conformance -- --url http://myapp.tail1234.ts.net --backend-port 4000
//
// The proxy has to forward to 127.0.0.1:4000, where the suite listens. docs/conformance.md has the rest.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startRecorder } from './recorder.mjs';
import { loadCases, runCase } from './runner.mjs';

const HELP = `Runs the conformance suite against a proxy.

  --url URL            the proxy, as a user of the tailnet reaches it; by https, all cases are sent by HTTP/1.1 and then
                       again by HTTP/2, as far as it can say them
  --ca FILE            authority of its certificate, as PEM @default those that Node.js knows
  --protocol NAME      http/1.1 or h2 alone
  --backend-port PORT  where the proxy forwards to; the suite listens there on loopback
  --host HOST          the Host to send @default the one of the URL
  --login, --name, --picture, --ip   who the proxy should say is calling @default whatever it says
  --callers FILE       JSON: {"user": {"url", "host", "login", "name", "picture", "ip"}, "foreign", "tagged", "unknown",
                       "funnel"}, in place of --url; cases of a caller that is not there are skipped
  --only PREFIX        the cases whose id begins with this
  --slow               the cases about silence as well, which take nine minutes
  --json               one line of JSON a case
`;

const { values } = parseArgs({
  options: Object.fromEntries(
    [
      'url',
      'ca',
      'protocol',
      'backend-port',
      'host',
      'login',
      'name',
      'picture',
      'ip',
      'callers',
      'only',
      'slow',
      'json',
      'help',
    ].map((name) => [name, { type: ['slow', 'json', 'help'].includes(name) ? 'boolean' : 'string' }]),
  ),
});

if (values.help || !values['backend-port'] || !(values.url || values.callers)) {
  console.error(HELP);
  process.exit(values.help ? 0 : 2);
}

const { url, host, login, name, picture, ip } = values;
const ca = values.ca && readFileSync(values.ca, 'utf8');
const callers = values.callers
  ? JSON.parse(readFileSync(values.callers, 'utf8'))
  : { user: { url, host, login, name, picture, ip } };
for (const caller of Object.values(callers)) if (ca) caller.ca ??= ca;
const isSecure = Object.values(callers)[0].url.startsWith('https:');
const protocols = values.protocol ? [values.protocol] : isSecure ? ['http/1.1', 'h2'] : ['http/1.1'];
const recorder = await startRecorder(Number(values['backend-port']));
let mustFailed = false;
for (const protocol of protocols) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const cases = loadCases(protocol, { secure: isSecure, slow: values.slow });
  for (const one of cases) {
    if (values.only && !one.id.startsWith(values.only)) continue;
    const caller = callers[one.caller ?? 'user'];
    if (!caller) {
      count.skipped++;
      continue;
    }
    const result = await runCase(one, recorder, caller, protocol);
    count[result.ok ? 'passed' : 'failed']++;
    if (!result.ok && one.level === 'must') mustFailed = true;
    if (values.json) console.log(JSON.stringify({ protocol, level: one.level, ...result }));
    else if (!result.ok) console.log(`${one.level.padEnd(6)} ${one.id}: ${result.problems.join('; ')}  (${one.why})`);
  }
  const { passed, failed, skipped } = count;
  const inapplicable = loadCases().filter(({ id }) => !cases.some((one) => one.id === id)).length;
  const rest = protocol === 'h2' ? `, ${inapplicable} of HTTP/1.1 not applicable` : '';
  if (!values.json) console.log(`${protocol}: ${passed} passed, ${failed} failed, ${skipped} skipped${rest}`);
}
recorder.close();
process.exit(mustFailed ? 1 : 0);
