import { describe, expect, it } from 'vitest';
import type { NodeStatus } from '../../src/control-socket/server.ts';
import { nodeList, nodeText } from '../../src/ui/node-list.ts';

const status: NodeStatus = {
  pid: 4242,
  startedAt: '2026-01-02T12:00:00.000Z',
  name: 'myapp',
  fqdn: 'myapp.tail1.ts.net',
  urls: ['http://myapp.tail1.ts.net', 'http://myapp'],
  ips: ['100.64.0.1', 'fd7a::1'],
  target: 'http://localhost:3000',
  state: 'running',
  tailnet: 'example.com',
  user: 'alice@example.com',
  tags: [],
  health: [],
  peers: 2,
};
const at = (seconds: number) => Date.parse(status.startedAt) + seconds * 1000;

describe('nodeList', () => {
  it('has one line per node', () => {
    expect(nodeList([status, { ...status, name: 'b', state: 'needs-login', urls: [] }])).toMatchInlineSnapshot(`
      "NAME   STATE              ADDRESS                    TARGET                 PID
      myapp  running            http://myapp.tail1.ts.net  http://localhost:3000  4242
      b      waiting for login  myapp.tail1.ts.net         http://localhost:3000  4242"
    `);
  });

  it('says that nothing is running', () => expect(nodeList([])).toBe('No nodes are running.'));
});

describe('nodeText', () => {
  it('shows a node in full', () => {
    expect(nodeText(status, at(125))).toMatchInlineSnapshot(`
      "name               myapp
      state              running, started 2 min ago (pid 4242)
      address            http://myapp.tail1.ts.net
      address            http://myapp
      tailnet addresses  100.64.0.1, fd7a::1
      target             http://localhost:3000
      tailnet            example.com, 2 other devices
      owner              alice@example.com"
    `);
  });

  it('shows tags instead of an owner, and problems', () => {
    const text = nodeText(
      { ...status, tags: ['tag:web'], keyExpiry: '2026-06-01T00:00:00Z', health: ['not in map poll'], peers: 1 },
      at(1),
    );
    expect(text).not.toContain('owner');
    for (const row of [/tags +tag:web/, /key expires +2026-06-01/, /problem +not in map poll/, /1 other device$/m]) {
      expect(text).toMatch(row);
    }
  });

  it.each([
    [-5, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [3 * 3600 + 120, '3 h 2 min'],
    [72 * 3600, '3 days'],
  ])('shows how long it has been running: %d seconds are %s', (seconds, words) => {
    expect(nodeText(status, at(seconds))).toContain(`started ${words} ago`);
  });
});
