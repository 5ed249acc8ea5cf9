// What the benchmarks measure: one entry a row of the table. `load` returns how much was done ({ count, seconds, p99?,
// errors }). A work that is `fresh` gets a new process for each sample; the others run for a second first.
import { inChild } from './load/child.mjs';
import { h2 } from './load/h2.mjs';
import { wrk } from './load/wrk.mjs';

/** Waits before and after connections open, for memory to settle. */
const SETTLE_MS = 2000;
const ALL = ['tsexpose', 'tailscale serve', 'tsnet-proxy', 'Go TCP forward'];

/** The module in load/ and its options. */
const OWN = {
  connect: ['connections', { connections: 16 }],
  tls: ['connections', { connections: 16 }],
  websocket: ['websocket', { connections: 16, bytes: 1024 }],
  events: ['events', { readers: 200 }],
};

/** Everything that can be measured. */
export const PROGRAMS = ['tsexpose', 'tsexpose --json', ...ALL.slice(1)];

/** Works that `--quick` leaves out. */
const SLOW = ['get-128', 'events', 'up', 'tcp-down', 'tcp-up', 'cold', 'start', 'idle'];

/** Returns the works; with `quick`, those that are not slow, with smaller bodies. `only` has the IDs of some instead. */
export function works(quick, only) {
  const megabytes = quick ? 64 : 256;
  const all = [
    get('get-1', 1),
    { ...get('get-16', 16), programs: quick ? ALL : PROGRAMS },
    get('get-128', 128),
    own('websocket', 'WebSocket echo of 1 kB, 16 connections', 'messages'),
    own('events', 'Server-sent events of 1 kB to 200 readers', 'events'),
    // These need the most memory, which a process does not return at once.
    request('post', '64 kB POST, 16 connections', { connections: 16, body: 65_536 }),
    bulk('down', 'http', megabytes),
    bulk('up', 'http', megabytes),
    // Last of those on one node: ports in TIME_WAIT disturb what follows.
    own('connect', 'New connection per request, 16 at once', 'connections'),
    request('https', '1 kB GET over HTTPS, 16 connections', { connections: 16 }, 'https'),
    http2(),
    own('tls', 'New TLS connection per request, 16 at once', 'connections', 'https'),
    request('tcp', '1 kB GET over raw TCP, 16 connections', { connections: 16 }, 'tcp'),
    bulk('tcp-down', 'tcp', megabytes),
    bulk('tcp-up', 'tcp', megabytes),
    { ...get('cold', 16), title: '1 kB GET, 16 connections, the first second', fresh: true },
    { id: 'start', title: 'From process start to the first response', unit: 'ms', fresh: true, programs: ALL },
    idle(),
  ];
  return all.filter(({ id }) => only?.includes(id) ?? !(quick && SLOW.includes(id)));
}

function request(id, title, options, scheme = 'http') {
  const load = (endpoint) => wrk({ ...endpoint, ...options });
  return { id, title, unit: 'requests/s', scheme, programs: ALL, load };
}

function get(id, connections) {
  return request(id, `1 kB GET, ${connections} connection${connections === 1 ? '' : 's'}`, { connections });
}

function bulk(id, scheme, megabytes) {
  const direction = id.endsWith('up') ? 'up' : 'down';
  const load = (endpoint) => ended('bulk', { ...endpoint, megabytes, direction });
  const title = `${megabytes} MB ${direction}${scheme === 'tcp' ? ' over raw TCP' : ''}`;
  return { id, title, unit: 'MB/s', scheme, programs: ALL, load, warmUp: false };
}

/** A work of a load generator of ours. */
function own(id, title, counted, scheme = 'http') {
  const [name, options] = OWN[id];
  const load = (endpoint) => ended(name, { ...endpoint, ...options });
  return { id, title, unit: `${counted}/s`, scheme, programs: ALL, load };
}

function http2() {
  const load = (endpoint) => h2({ ...endpoint, connections: 4, streams: 4 });
  const title = '1 kB GET over HTTP/2, 4 connections × 4 streams';
  // Neither of the others speaks HTTP/2.
  return { id: 'h2', title, unit: 'requests/s', scheme: 'https', programs: ['tsexpose', 'tailscale serve'], load };
}

function idle() {
  const connections = 2000;
  const load = async (endpoint, memory) => {
    await settle();
    const before = memory();
    const { stop } = await inChild(module('idle'), { ...endpoint, connections });
    await settle();
    const value = (memory() - before) / connections;
    await stop();
    return { value, count: connections, errors: 0 };
  };
  return {
    id: 'idle',
    title: 'Memory of an idle connection, of 2,000',
    unit: 'kB',
    scheme: 'http',
    programs: ALL,
    fresh: true,
    load,
  };
}

async function ended(name, options) {
  const { result, stop } = await inChild(module(name), options);
  await stop();
  return result;
}

const module = (name) => new URL(`load/${name}.mjs`, import.meta.url).href;
const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
