// Queries a PostgreSQL database on another device of the tailnet, here called "db".
//
//   TS_AUTHKEY=tskey-auth-… PGHOST=db PGUSER=postgres node examples/postgres.js
import pg from 'pg';
import { Tailnet } from 'tsexpose';

const tailnet = await Tailnet.up({ hostname: 'postgres-example', ephemeral: true });
const client = new pg.Client({
  // pg reads everything else from PGUSER, PGPASSWORD, and PGDATABASE.
  stream: () => tailnet.connect({ host: process.env.PGHOST, port: Number(process.env.PGPORT ?? 5432) }),
});

try {
  await client.connect();
  const { rows } = await client.query('select version()');
  console.log(rows[0].version);
  await client.end();
} finally {
  await tailnet.close();
}
