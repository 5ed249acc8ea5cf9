import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TailnetCertificate } from '../../../src/tailnet/certificate/certificate.ts';
import { CertificateKeeper } from '../../../src/tailnet/certificate/certificate-keeper.ts';

const DAY = 24 * 60 * 60_000;

describe('the keeper of a server’s certificate', () => {
  beforeEach(() => vi.useFakeTimers({ now: 0 }));
  afterEach(() => vi.useRealTimers());

  /** A node whose certificate changes on the given days, and fails to answer where there is none for the day. */
  function nodeWith(certificates: Record<number, string | Error>) {
    return {
      certificate: async (): Promise<TailnetCertificate> => {
        const day = Math.floor(Date.now() / DAY);
        const cert = Object.entries(certificates).findLast(([from]) => day >= Number(from))![1];
        if (cert instanceof Error) throw cert;
        const [validFrom, validTo] = [new Date(0), new Date(90 * DAY)];
        return { domain: 'x', cert, key: `key of ${cert}`, validFrom, validTo };
      },
    };
  }

  it('brings the first before the server listens, and each next one once', async () => {
    const used: string[] = [];
    const keeper = new CertificateKeeper(nodeWith({ 0: 'first', 60: 'second' }), ({ cert, key }) =>
      used.push(cert, key),
    );
    await keeper.start();
    expect(used).toEqual(['first', 'key of first']);
    await vi.advanceTimersByTimeAsync(59 * DAY);
    expect(used).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2 * DAY);
    expect(used.slice(2)).toEqual(['second', 'key of second']);
    await vi.advanceTimersByTimeAsync(10 * DAY);
    expect(used).toHaveLength(4);
    keeper.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on with the one that it has while the node cannot get another', async () => {
    const used: string[] = [];
    const certificates = { 0: 'first', 60: new Error('429 Too Many Requests'), 65: 'second' };
    const keeper = new CertificateKeeper(nodeWith(certificates), ({ cert }) => used.push(cert));
    await keeper.start();
    await vi.advanceTimersByTimeAsync(64 * DAY);
    expect(used).toEqual(['first']);
    await vi.advanceTimersByTimeAsync(2 * DAY);
    expect(used).toEqual(['first', 'second']);
    keeper.stop();
  });

  it('stays stopped when it was stopped while it asked', async () => {
    let answer = (_: TailnetCertificate) => {};
    const asked = new Promise<TailnetCertificate>((resolve) => {
      answer = resolve;
    });
    const first = await nodeWith({ 0: 'first' }).certificate();
    const answers = [Promise.resolve(first), asked];
    const keeper = new CertificateKeeper({ certificate: () => answers.shift()! }, () => {});
    await keeper.start();
    await vi.advanceTimersByTimeAsync(DAY);
    keeper.stop();
    answer(first);
    await vi.advanceTimersByTimeAsync(DAY);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('reports that there is no first one', async () => {
    const keeper = new CertificateKeeper(nodeWith({ 0: new Error('no HTTPS here') }), () => {});
    await expect(keeper.start()).rejects.toThrow('no HTTPS here');
    expect(vi.getTimerCount()).toBe(0);
  });
});
