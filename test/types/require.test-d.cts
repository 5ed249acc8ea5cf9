// A CommonJS module can require the library if its Node.js version can require ES modules.
import tsexpose = require('tsexpose');
import middleware = require('tsexpose/express');

const up: Promise<tsexpose.Tailnet> = tsexpose.Tailnet.up({ hostname: 'x' });
const use = middleware.tailscale({ allow: 'tag:ci' });
void [up, use];
