#!/usr/bin/env node
import nodeModule from 'node:module';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';

// Written for any version of Node.js, so that an outdated one gets this message instead of a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`error: tsexpose requires Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

// A user without an entry in /etc/passwd, as in many containers and CI jobs, has no home directory and no shell. Libraries
// ask for both and throw, so such a user gets what container runtimes and useradd give: / and /bin/sh.
const lacks = (look) => {
  try {
    return !look();
  } catch {
    return true;
  }
};
if (lacks(homedir)) process.env.HOME = '/';
if (!process.env.SHELL && lacks(userInfo)) process.env.SHELL = '/bin/sh';

// Node.js 22.8 and newer start faster with compiled code from last time. It is not kept in /tmp, where others could plant some.
nodeModule.enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tsexpose'));

import('../dist/bin.js').then(
  ({ run }) => run(process.argv.slice(2)).then((code) => process.exit(code)),
  (error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes('dist/bin.js')) throw error;
    console.error('error: tsexpose has not been built yet.\n  try: npm run build');
    process.exit(1);
  },
);
