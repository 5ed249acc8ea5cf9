// Runs conformance cases against a proxy and says, case by case, what was expected and what came.
import { readdirSync, readFileSync } from 'node:fs';
import { converse, openSocket } from './client.mjs';
import { converse2, translate } from './http2.mjs';

/**
 * All cases that a protocol (`http/1.1`, `h2`) can say, in the order of their files. Cases with `plain` are for ports with
 * TLS, and cases with `silence` take minutes.
 */
export function loadCases(protocol = 'http/1.1', { secure = false, slow = false } = {}) {
  const directory = new URL('cases/', import.meta.url);
  const cases = readdirSync(directory)
    .filter((file) => file.endsWith('.jsonl'))
    .sort()
    .flatMap((file) => readFileSync(new URL(file, directory), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line));
  const possible = cases.filter((one) => (secure || !one.plain) && (slow || !one.silence));
  return possible.filter((one) => (protocol === 'h2' ? messageOf(one, {}) : one.send));
}

/**
 * Runs one case.
 *
 * @param one the case
 * @param recorder the app behind the proxy
 * @param caller `{ url, host?, ca?, login?, name?, picture?, ip? }`: where the proxy is for this caller, and who that is
 * @param protocol `http/1.1` or `h2`, which takes a URL of https
 * @returns {Promise<{ id, ok, problems, status, closed, bytes }>}
 */
export async function runCase(one, recorder, caller, protocol = 'http/1.1') {
  const host = caller.host ?? new URL(caller.url).host;
  const values = { ...caller, host, HOST: host.toUpperCase(), backend: String(recorder.port) };
  const message = protocol === 'h2' && messageOf(one, values);
  const parts = message ? [] : partsOf(one, values);
  const text = (lines) => lines && fill(lines.join('\r\n'), values);
  const behavior = {
    answer: text(one.answer),
    early: text(one.early),
    unread: one.unread,
    delay: one.delay ?? one.silence?.app,
  };
  const until = one.until === undefined ? (one.answers ?? 1) : new RegExp(one.until);
  const expectations = [one.expect].flat();
  const closing = expectations.some(({ closed }) => closed);
  const method = one.send?.flat()[0].split(' ', 1)[0];
  const at = one.plain ? { ...caller, url: caller.url.replace(/^https:/, 'http:') } : caller;
  const open = () => openSocket(at, protocol).catch(() => undefined);
  const options = { method, closing, fin: one.fin, silence: one.silence };
  let conversation;
  for (let attempt = 0; attempt < 2; attempt++) {
    recorder.reset(behavior);
    conversation = message ? await converse2(open, message) : await converse(open, parts, until, options);
    // A connection that never came about says nothing about the proxy: once more.
    if (!conversation.timedOut || conversation.text !== '' || recorder.bytes !== '') break;
  }
  const again = text(one.again);
  if (again) await (message ? converse2(open, translate(again)) : converse(open, [again], 1));
  const { bytes } = recorder;
  // Whatever the proxy still had to say to the app has been said once this is answered.
  const fence = `GET /fence HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  if (message) await converse2(open, translate(fence));
  else await converse(open, [fence], 1);
  const late = recorder.bytes.slice(bytes.length).replace(/GET \/fence[\s\S]*?\r\n\r\n/g, '');
  const seen = {
    ...conversation,
    protocol,
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

/** A case as bytes of HTTP/1.1, in the parts that are sent one after the other. */
function partsOf({ send }, values) {
  return (Array.isArray(send[0]) ? send : [send]).map((lines) => fill(lines.join('\r\n'), values));
}

/** A case as a message of HTTP/2; undefined where it is about HTTP/1.1. */
function messageOf(one, values) {
  const isOfConnections = one.until || one.fin || one.plain || one.silence;
  if (!one.fields) return isOfConnections ? undefined : translate(partsOf(one, { host: 'host', ...values }).join(''));
  const { fields, body = '', trailers = [] } = one;
  return { fields: fieldsOf(fields, values), body, trailers: fieldsOf(trailers, values) };
}

/** Lines as names and values. They may hold what no line of HTTP/1.1 could. */
function fieldsOf(lines, values) {
  const filled = lines.flatMap((line) => {
    const text = fill(line, values);
    return line.includes('{{number:') ? text.split('\n') : [text];
  });
  return filled.map((text) => {
    const colon = text.indexOf(': ');
    return [text.slice(0, colon), text.slice(colon + 2)];
  });
}

function problemsOf(expectation, seen) {
  const problems = [];
  const { status, requests, see, get } = expectation;
  // A connection of HTTP/2 goes on, whatever becomes of a request.
  const closed = seen.protocol === 'h2' ? undefined : expectation.closed;
  const got = seen.answers[0]?.status ?? 0;
  const wanted = [status ?? []].flat();
  // RFC 9113 §8.1.1: a request that is malformed is refused by a reset, or as HTTP/1.1 would.
  const isReset = got === 'reset' && wanted.some((one) => one >= 400 && one < 500);
  if (status && !wanted.includes(got) && !isReset)
    problems.push(
      `expected status ${[status].flat().join(' or ')}, got ${got || (seen.timedOut ? 'nothing in time' : 'none')}`,
    );
  if (closed !== undefined && seen.closed !== closed)
    problems.push(`expected the connection to be ${closed ? 'closed' : 'kept'}`);
  if (requests !== undefined && seen.requests.length !== requests) {
    problems.push(
      `expected the app to get ${requests} request(s), it got ${seen.requests.map(({ line }) => line).join(' | ') || 'none'}`,
    );
  }
  if (expectation.bytes === 0 && seen.bytes !== '')
    problems.push(`expected the app to get nothing, it got ${JSON.stringify(seen.bytes.slice(0, 200))}`);
  for (const { line } of seen.requests) {
    if (expectation.line && line !== fill(expectation.line, seen)) problems.push(`the app saw "${line}"`);
  }
  for (const [i, wanted] of (see ?? []).entries()) problems.push(...problemsOfRequest(wanted, seen.requests[i], seen));
  if (expectation.apart !== undefined) {
    const isApart = new Set(seen.requests.map(({ connection }) => connection)).size === seen.requests.length;
    if (isApart !== expectation.apart)
      problems.push(`expected the requests ${expectation.apart ? 'on a connection each' : 'on one connection'}`);
  }
  if (get) problems.push(...problemsOfAnswer(get, seen));
  // True of every case: what a caller claims about itself reaches the app.
  const all = seen.requests.flatMap(({ headers, trailers }) => [
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...trailers,
  ]);
  for (const field of all) if (field.includes('forged')) problems.push(`the app saw the forged "${field}"`);
  return problems;
}

function problemsOfRequest(wanted, request, { caller, host }) {
  if (!request) return ['the app got no such request'];
  const problems = [];
  if (wanted.line && request.line !== fill(wanted.line, { host }))
    problems.push(`expected "${wanted.line}", the app saw "${request.line}"`);
  if (wanted.body !== undefined && request.body !== wanted.body)
    problems.push(`expected another body than ${JSON.stringify(request.body.slice(0, 80))}`);
  for (const [name, expected] of Object.entries(wanted.headers ?? {})) {
    const values = request.headers
      .filter(([key]) => key.toLowerCase() === name.toLowerCase())
      .map(([, value]) => value);
    const filled = fill(expected, { ...caller, host });
    // Who the caller is may be unknown to the person who runs the suite; then the header only has to be there, once.
    const matches = filled.includes('{{') ? values.length === 1 : values.join('\n') === filled;
    if (!matches)
      problems.push(`expected ${name}: ${JSON.stringify(filled)}, the app saw ${JSON.stringify(values.join('\n'))}`);
  }
  for (const pattern of wanted.absent ?? []) {
    const name = request.headers.map(([key]) => key).find((key) => new RegExp(`^(${pattern})$`).test(fold(key)));
    if (name !== undefined) problems.push(`the app saw ${name}`);
  }
  if (wanted.trailers !== undefined && request.trailers.join('|') !== wanted.trailers.join('|'))
    problems.push(`the app saw the trailers ${request.trailers.join('|')}`);
  return problems;
}

/** Patterns hold in any case, since names of headers have none. */
function problemsOfAnswer(get, { text, answers, host }) {
  const problems = [];
  const literal = { host: host.replace(/[.[\]]/g, '\\$&') };
  for (const pattern of [get.text ?? []].flat())
    if (!new RegExp(fill(pattern, literal), 'i').test(text)) problems.push(`the response does not match ${pattern}`);
  for (const pattern of [get.notText ?? []].flat())
    if (new RegExp(pattern, 'i').test(text)) problems.push(`the response matches ${pattern}`);
  const statuses = answers.map(({ status }) => status).filter((status) => status !== 'reset');
  if (get.statuses && statuses.join() !== get.statuses.join()) {
    problems.push(`expected the responses ${get.statuses.join()}, got ${statuses.join() || 'none'}`);
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
