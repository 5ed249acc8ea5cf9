// Only type-checked, not run: `npm run test:types`.
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { defineCapability as define, type Identity } from 'tsexpose';
import { type Capability, tailscale as forExpress } from 'tsexpose/express';
import { tailscale as forFastify } from 'tsexpose/fastify';
import { tailscale as forHono } from 'tsexpose/hono';
import * as v from 'valibot';
import { z } from 'zod';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Equal<A, B>): void => {};

// A capability has the type of its schema.
const zod = define('example.com/cap/notes', z.object({ role: z.enum(['reader', 'writer']) }));
const valibot = define('example.com/cap/notes', v.object({ role: v.picklist(['reader', 'writer']) }));
const plain = define('example.com/cap/notes');
declare const identity: Identity | undefined;
same<ReturnType<typeof zod.values>, { role: 'reader' | 'writer' }[]>(true);
same<ReturnType<typeof valibot.values>, { role: 'reader' | 'writer' }[]>(true);
same<ReturnType<typeof plain.values>, unknown[]>(true);
zod.values(identity);
const shared: Capability<{ role: string }> = zod;
// @ts-expect-error not a schema
define('example.com/cap/notes', { role: 'writer' });

// Express
const app = express();
app.use(forExpress());
app.use('/admin', forExpress({ capability: zod, allow: (caller) => caller.kind === 'user', deny: 'tag:ci' }));
app.get('/', forExpress({ require: false }), (req, res) => {
  same<typeof req.tailscale, Identity | undefined>(true);
  res.send(req.tailscale?.login);
});
// @ts-expect-error no such option
forExpress({ required: true });
void shared;

// Fastify
const server = fastify();
server.register(forFastify, { allow: ['*@example.com'] });
// @ts-expect-error no such option
server.register(forFastify, { allows: ['*@example.com'] });
server.get('/', async (request) => {
  same<typeof request.tailscale, Identity | null>(true);
  return request.tailscale?.login;
});

// Hono
const hono = new Hono();
hono.get('/', forHono(), (c) => c.text(c.var.tailscale.login));
hono.get('/open', forHono({ require: false }), (c) => {
  same<typeof c.var.tailscale, Identity | undefined>(true);
  return c.text(c.get('tailscale')?.login ?? '');
});
