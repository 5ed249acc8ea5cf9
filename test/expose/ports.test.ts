import { describe, expect, it } from 'vitest';
import { type PortOptions, planPorts } from '../../src/expose/ports.ts';
import { parseTarget } from '../../src/proxy/target/target.ts';

const speeches = (ports: string[], main?: string, more: Partial<PortOptions> = {}) =>
  planPorts({ ...(main && { main: { target: parseTarget(main) } }), ports, ...more }).map(
    ({ port, speech, target }) => `${port} ${speech} ${target.url}`,
  );

describe('a unix socket that speaks no HTTP', () => {
  it('is a TCP target, on a port that is named', () => {
    expect(speeches(['5432'], 'tcp+unix:///run/pg.sock')).toEqual(['5432 tcp tcp+unix:/run/pg.sock']);
    expect(speeches(['5432:tcp+unix:/run/pg.sock'])).toEqual(['5432 tcp tcp+unix:/run/pg.sock']);
    expect(() => speeches([], 'tcp+unix:/run/pg.sock')).toThrow('tcp+unix:/run/pg.sock has no port');
  });
});

describe('a port with a bare target', () => {
  it.each([
    [['80:3000', '8080:3000'], undefined],
    [['8080:3000', '80:3000'], undefined],
    [['80', '8080:3000'], '3000'],
    [['80', '8080:127.0.0.1:3000'], '3000'],
    [['80', '8080:localhost:3000'], '127.0.0.1:3000'],
  ])('speaks HTTP if the app does so on another port: %j %s', (ports, main) => {
    const [, second] = speeches(ports, main, { https: 'off' });
    expect(speeches(ports, main, { https: 'off' }).join()).not.toContain('tcp');
    expect(second).toMatch(/^80(80)? http http:\/\//);
  });

  it('speaks as the app does: its scheme, and HTTPS where there is a certificate', () => {
    expect(speeches(['80', '8443:3000'], 'https+insecure://localhost:3000')).toEqual([
      '443 https https+insecure://localhost:3000',
      '80 http https+insecure://localhost:3000',
      '8443 https https+insecure://localhost:3000',
    ]);
    const main = { target: parseTarget('3000'), routes: [{ prefix: '/api', target: parseTarget('3001') }] };
    expect(planPorts({ main, ports: ['80', '8081:3001'], https: 'off' })[1]).toMatchObject({ speech: 'http' });
  });

  it('carries bytes to anything else, and where the target says so', () => {
    expect(speeches(['80', '5432:5432', '8080:tcp://localhost:3000'], '3000', { https: 'off' })).toEqual([
      '80 http http://localhost:3000',
      '5432 tcp tcp://localhost:5432',
      '8080 tcp tcp://localhost:3000',
    ]);
  });
});
