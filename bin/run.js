#!/usr/bin/env node
// Written for any version of Node.js, so that an outdated one gets this message instead of a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`error: tsexpose requires Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

import('../dist/cli/main.js').then(
  ({ main }) => main(process.argv.slice(2)).then((code) => process.exit(code)),
  (error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes('dist/cli/main.js')) throw error;
    console.error('error: tsexpose has not been built yet.\n  try: npm run build');
    process.exit(1);
  },
);
