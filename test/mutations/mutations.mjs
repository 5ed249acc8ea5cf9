// The security rules of the sources, each with a change that takes it out and the tests that have to notice:
//
//   npm run mutations [-- WORDS]     tries those whose rule or file has all of the words; everything without
//
// A group is `{ file, tests, rules }`, a rule `[what it is, text to take out, text to put there, tests in place of the
// group's]`. A test is a path below test/ without its ending, and may name its cases: `conformance/suite:head/two-hosts`.
import answers from './answers.mjs';
import callers from './callers.mjs';
import connections from './connections.mjs';
import doors from './doors.mjs';
import requests from './requests.mjs';

/** Every rule as `{ rule, file, take, put, tests: [{ file, only }] }`. */
export function loadMutations() {
  return [callers, doors, requests, connections, answers].flat().flatMap(({ file, tests, rules }) =>
    rules.map(([rule, take, put, others = tests]) => ({
      rule,
      file: `src/${file}`,
      take,
      put,
      tests: others.map(testOf),
    })),
  );
}

function testOf(text) {
  const [path, only] = text.split(':');
  return { file: `test/${path}.test.ts`, only };
}
