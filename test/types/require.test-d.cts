// CommonJS gets the same types as ES modules, through dist/cjs.
import tsexpose = require('tsexpose');
import middleware = require('tsexpose/express');

const up: Promise<tsexpose.Tailnet> = tsexpose.Tailnet.up({ hostname: 'x' });
const use = middleware.tailscale({ allow: 'tag:ci' });
void [up, use];
