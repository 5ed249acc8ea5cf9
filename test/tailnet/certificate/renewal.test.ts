import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TailnetCertificate } from '../../../src/tailnet/certificate/certificate.ts';
import { CertificateRenewer } from '../../../src/tailnet/certificate/renewer.ts';

const DAY = 24 * 60 * 60_000;

describe('the renewal of a certificate', () => {
  beforeEach(() => vi.useFakeTimers({ now: 0 }));
  afterEach(() => vi.useRealTimers());

  /** A node whose certificate changes on the given days; an error makes it fail from that day on. */
  function nodeWith(certificates: Record<number, string | Error>) {
    return {
      fqdn: 'x',
      certificate: async (): Promise<TailnetCertificate> => {
        const day = Math.floor(Date.now() / DAY);
        const cert = Object.entries(certificates).findLast(([from]) => day >= Number(from))![1];
        if (cert instanceof Error) throw cert;
        const [validFrom, validTo] = [new Date(0), new Date(90 * DAY)];
        return { domain: 'x', cert, key: `key of ${cert}`, validFrom, validTo };
      },
    };
  }

  function renewerFor(node: Pick<ReturnType<typeof nodeWith>, 'fqdn' | 'certificate'>) {
    const used: string[] = [];
    return { used, renewer: new CertificateRenewer({ node, use: ({ cert, key }) => used.push(cert, key) }) };
  }

  it('delivers the first certificate before it resolves, and each further one once', async () => {
    const { used, renewer } = renewerFor(nodeWith({ 0: 'first', 60: 'second' }));
    await renewer.start();
    expect(used).toEqual(['first', 'key of first']);
    await vi.advanceTimersByTimeAsync(59 * DAY);
    expect(used).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2 * DAY);
    expect(used.slice(2)).toEqual(['second', 'key of second']);
    await vi.advanceTimersByTimeAsync(5 * DAY);
    expect(used).toHaveLength(4);
    renewer.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps the current certificate while the node cannot get another', async () => {
    const { used, renewer } = renewerFor(
      nodeWith({ 0: 'first', 60: new Error('429 Too Many Requests'), 65: 'second' }),
    );
    await renewer.start();
    await vi.advanceTimersByTimeAsync(64 * DAY);
    expect(used).toEqual(['first', 'key of first']);
    await vi.advanceTimersByTimeAsync(2 * DAY);
    expect(used.slice(2)).toEqual(['second', 'key of second']);
    renewer.close();
  });

  it('stops for good when it is closed while the node is being asked', async () => {
    let answer = (_: TailnetCertificate) => {};
    const asked = new Promise<TailnetCertificate>((resolve) => {
      answer = resolve;
    });
    const first = await nodeWith({ 0: 'first' }).certificate();
    const answers = [Promise.resolve(first), asked];
    const { used, renewer } = renewerFor({ fqdn: 'x', certificate: () => answers.shift()! });
    await renewer.start();
    await vi.advanceTimersByTimeAsync(DAY);
    renewer.close();
    answer({ ...first, cert: 'late' });
    await vi.advanceTimersByTimeAsync(DAY);
    expect(used).toEqual(['first', 'key of first']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects when there is no first certificate, and keeps trying until it is closed', async () => {
    const { used, renewer } = renewerFor(nodeWith({ 0: new Error('no HTTPS here'), 1: 'late' }));
    await expect(renewer.start()).rejects.toThrow('no HTTPS here');
    await vi.advanceTimersByTimeAsync(2 * DAY);
    expect(used).toEqual(['late', 'key of late']);
    renewer.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
