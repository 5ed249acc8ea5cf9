import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { expose } from '../../src/expose/expose.ts';
import { isLeftOut } from '../requirement.ts';
import { join, useSandbox } from '../tailnet/pair.ts';
import { Example } from './example.ts';
import { PostgreSql, postgresPrograms } from './postgresql.ts';

const noPostgres = isLeftOut('PostgreSQL', postgresPrograms !== undefined, 'apt-get install postgresql');

describe.skipIf(noPostgres)('a PostgreSQL database on another node', () => {
  const sandbox = useSandbox();

  it('is reachable with pg through connect, and from the example', async () => {
    await using database = await PostgreSql.start(postgresPrograms!);
    const { controlUrl } = sandbox();
    // What `tsexpose tcp://127.0.0.1:PORT --name db --port 5432` does.
    await using _ = await expose({
      target: `tcp://127.0.0.1:${database.port}`,
      name: 'db',
      ports: ['5432'],
      ephemeral: true,
      controlUrl,
      authKey: sandbox().authKey('bob'),
    });
    await using alice = await join('alice', 'client');

    const options = { user: 'postgres', database: 'postgres', stream: () => alice.connect({ host: 'db', port: 5432 }) };
    const client = new pg.Client(options);
    await client.connect();
    const { rows } = await client.query(
      'select sum(length(repeat(i::text, 1000))) as size from generate_series(1, 1000) i',
    );
    expect(rows).toEqual([{ size: '2893000' }]);
    await client.end();

    const pool = new pg.Pool({ ...options, max: 5 });
    const sums = await Promise.all(Array.from({ length: 20 }, (_, i) => pool.query('select $1::int + 1 as next', [i])));
    expect(sums.map(({ rows: [row] }) => row.next)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    await pool.end();

    await using example = new Example(sandbox(), 'postgres.js', { PGHOST: 'db', PGUSER: 'postgres' });
    expect(await example.line()).toMatch(/^PostgreSQL \d+/);
    expect(await example.exit()).toBe(0);
  });
});
