#!/usr/bin/env node
// Kept to what any Node.js can read, so that one that is too old is told so.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`error: tsexpose needs Node.js 20.19 or newer, and this is ${process.versions.node}.`);
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
