// Runs conformance cases against a proxy and says, case by case, what was expected and what came.
import { readdirSync, readFileSync } from 'node:fs';
import { converse } from './client.mjs';

/** All cases, in the order of their files. */
export function loadCases() {
  const directory = new URL('cases/', import.meta.url);
  return readdirSync(directory)
    .filter((file) => file.endsWith('.jsonl'))
    .sort()
    .flatMap((file) => readFileSync(new URL(file, directory), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line));
}

/**
 * Runs one case.
 *
 * @param one the case
 * @param recorder the service behind the proxy
 * @param caller `{ url, host?, login?, name?, picture?, ip? }`: where the proxy is for this caller, and who that is
 * @returns {Promise<{ id, ok, problems, status, closed, bytes }>}
 */
export async function runCase(one, recorder, caller) {
  const url = new URL(caller.url);
  const at = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 80) };
  const host = caller.host ?? url.host;
  const parts = (Array.isArray(one.send[0]) ? one.send : [one.send]).map((lines) =>
    fill(lines.join('\r\n'), { ...caller, host }),
  );
  const answer = one.answer && fill(one.answer.join('\r\n'), { host });
  const until = one.until === undefined ? (one.answers ?? 1) : new RegExp(one.until);
  const expectations = [one.expect].flat();
  const closing = expectations.some(({ closed }) => closed);
  const method = one.send.flat()[0].split(' ', 1)[0];
  let conversation;
  for (let attempt = 0; attempt < 2; attempt++) {
    recorder.reset(answer);
    conversation = await converse(at, parts, until, method, closing);
    // A connection that never came about says nothing about the proxy: once more.
    if (!conversation.timedOut || conversation.text !== '' || recorder.bytes !== '') break;
  }
  const { bytes } = recorder;
  // Whatever the proxy still had to say to the service has been said once this is answered.
  await converse(at, [`GET /fence HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`], 1);
  const late = recorder.bytes.slice(bytes.length).replace(/GET \/fence[\s\S]*?\r\n\r\n/g, '');
  const seen = {
    ...conversation,
    bytes: bytes + late,
    requests: recorder.requests.filter(({ line }) => !line.includes('/fence')),
    host,
    caller,
  };
  const verdicts = expectations.map((expectation) => problemsOf(expectation, seen));
  const problems = verdicts.some((list) => list.length === 0) ? [] : verdicts[0];
  return {
    id: one.id,
    ok: problems.length === 0,
    problems,
    status: conversation.answers[0]?.status ?? 0,
    closed: conversation.closed,
    bytes: seen.bytes,
  };
}

function problemsOf(expectation, seen) {
  const problems = [];
  const { status, requests, closed, see, get } = expectation;
  const got = seen.answers[0]?.status ?? 0;
  if (status && ![status].flat().includes(got))
    problems.push(
      `expected status ${[status].flat().join(' or ')}, got ${got || (seen.timedOut ? 'nothing in time' : 'none')}`,
    );
  if (closed !== undefined && seen.closed !== closed)
    problems.push(`expected the connection to be ${closed ? 'closed' : 'kept'}`);
  if (requests !== undefined && seen.requests.length !== requests) {
    problems.push(
      `expected the service to get ${requests} request(s), it got ${seen.requests.map(({ line }) => line).join(' | ') || 'none'}`,
    );
  }
  if (expectation.bytes === 0 && seen.bytes !== '')
    problems.push(`expected the service to get nothing, it got ${JSON.stringify(seen.bytes.slice(0, 200))}`);
  for (const [i, wanted] of (see ?? []).entries()) problems.push(...problemsOfRequest(wanted, seen.requests[i], seen));
  if (get) problems.push(...problemsOfAnswer(get, seen));
  // True of every case: what a caller claims about itself reaches no service.
  const all = seen.requests.flatMap(({ headers, trailers }) => [
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...trailers,
  ]);
  for (const field of all) if (field.includes('forged')) problems.push(`the service saw the forged "${field}"`);
  return problems;
}

function problemsOfRequest(wanted, request, { caller, host }) {
  if (!request) return ['the service got no such request'];
  const problems = [];
  if (wanted.line && request.line !== fill(wanted.line, { host }))
    problems.push(`expected "${wanted.line}", the service saw "${request.line}"`);
  if (wanted.body !== undefined && request.body !== wanted.body)
    problems.push(`expected another body than ${JSON.stringify(request.body.slice(0, 80))}`);
  for (const [name, expected] of Object.entries(wanted.headers ?? {})) {
    const values = request.headers
      .filter(([key]) => key.toLowerCase() === name.toLowerCase())
      .map(([, value]) => value);
    const filled = fill(expected, { ...caller, host });
    // Who the caller is may be unknown to whoever runs the suite; then the header only has to be there, once.
    const matches = filled.includes('{{') ? values.length === 1 : values.join('\n') === filled;
    if (!matches)
      problems.push(
        `expected ${name}: ${JSON.stringify(filled)}, the service saw ${JSON.stringify(values.join('\n'))}`,
      );
  }
  for (const pattern of wanted.absent ?? []) {
    const name = request.headers.map(([key]) => key).find((key) => new RegExp(`^(${pattern})$`).test(fold(key)));
    if (name !== undefined) problems.push(`the service saw ${name}`);
  }
  if (wanted.trailers !== undefined && request.trailers.join('|') !== wanted.trailers.join('|'))
    problems.push(`the service saw the trailers ${request.trailers.join('|')}`);
  return problems;
}

function problemsOfAnswer(get, { text, answers }) {
  const problems = [];
  for (const pattern of [get.text ?? []].flat())
    if (!new RegExp(pattern).test(text)) problems.push(`the answer does not match ${pattern}`);
  for (const pattern of [get.notText ?? []].flat())
    if (new RegExp(pattern).test(text)) problems.push(`the answer matches ${pattern}`);
  if (get.statuses && answers.map(({ status }) => status).join() !== get.statuses.join()) {
    problems.push(
      `expected the answers ${get.statuses.join()}, got ${answers.map(({ status }) => status).join() || 'none'}`,
    );
  }
  return problems;
}

/** As a WSGI or CGI application would call a header, in lower case. */
function fold(name) {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '_');
}

/** Fills in `{{host}}` and the like, and `{{repeat:A:300}}`; what is not known stays. */
export function fill(text, values) {
  return text
    .replace(/\{\{repeat:([^{}]*?):(\d+)\}\}/g, (_, unit, count) => unit.repeat(Number(count)))
    .replace(/\{\{number:([^{}]*?):(\d+)\}\}/g, (_, unit, count) =>
      Array.from({ length: Number(count) }, (_, i) => unit.replace('#', String(i))).join(''),
    )
    .replace(/\{\{(\w+)\}\}/g, (all, name) => (typeof values[name] === 'string' ? values[name] : all));
}
