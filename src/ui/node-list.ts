import type { NodeActivity, NodeStatus } from '../control-socket/server.ts';
import { STATE_WORDS } from './plain.ts';
import { printable } from './printable.ts';

import { table } from './table.ts';

/** Returns the running nodes, one per line. */
export function nodeList(nodes: NodeStatus[]): string {
  if (nodes.length === 0) return 'No nodes are running.';
  const rows = nodes.map(({ name, state, urls, fqdn, target, pid }) =>
    [name, STATE_WORDS[state], urls[0] ?? fqdn, target, String(pid)].map(printable),
  );
  return table([['NAME', 'STATE', 'ADDRESS', 'TARGET', 'PID'], ...rows]);
}

/**
 * Returns all details of one running node.
 *
 * @param now Milliseconds since the epoch; tells how long the node has been running.
 * @param targetProblem Why the target does not respond; undefined if it does.
 */
export function nodeText(status: NodeStatus, now: number, targetProblem?: string): string {
  const {
    name,
    state,
    urls,
    ips,
    target,
    tailnet,
    user,
    tags,
    keyExpiry,
    loginUrl,
    health,
    peers,
    pid,
    startedAt,
    log,
    sandbox,
    activity,
  } = status;
  const rows: [string, string][] = [['name', name]];
  rows.push(['state', `${STATE_WORDS[state]}, started ${elapsed(now - Date.parse(startedAt))} ago (pid ${pid})`]);
  if (loginUrl) rows.push(['log in at', loginUrl]);
  for (const url of urls) rows.push(['address', url]);
  if (ips.length > 0) rows.push(['tailnet addresses', ips.join(', ')]);
  rows.push(['target', target]);
  if (targetProblem !== undefined) rows.push(['target is down', targetProblem]);
  if (tailnet)
    rows.push([
      'tailnet',
      `${tailnet}${sandbox ? ' (sandbox)' : ''}, ${peers} other ${peers === 1 ? 'device' : 'devices'}`,
    ]);
  if (tags.length > 0) rows.push(['tags', tags.join(', ')]);
  else if (user) rows.push(['owner', user]);
  if (keyExpiry) rows.push(['key expires', keyExpiry]);
  if (activity) rows.push(...activityRows(activity));
  if (log) rows.push(['log', log]);
  for (const problem of health) rows.push(['problem', problem]);
  return table(rows.map((row) => row.map(printable)));
}

/** How many callers a line names. */
const NAMED = 5;

function activityRows({ connections, requests, failed, lastMinute, callers }: NodeActivity): [string, string][] {
  const failures = failed > 0 ? `, ${failed} failed` : '';
  const more = callers.length > NAMED ? ` and ${callers.length - NAMED} more` : '';
  return [
    ['connections', String(connections)],
    ['requests', `${requests}${failures}, ${lastMinute} in the last minute`],
    ['recent callers', callers.length > 0 ? `${callers.slice(0, NAMED).join(', ')}${more}` : 'none'],
  ];
}

function elapsed(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
