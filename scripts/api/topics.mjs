// Assigns each symbol of the main entry point to a page of docs/api, by the file that declares it. The first match wins.
const TOPICS = [
  ['expose', 'Expose a target in one call', /^(expose\/|events\.)/],
  ['tailnet', 'The node', /^tailnet\/tailnet\./],
  [
    'tailnet-types',
    'Options, status, and errors of a node',
    /^(tailnet\/(node|events|options|status|peer|watch|certificate\/certificate|local-api)|errors)\./,
  ],
  ['sockets', 'Sockets', /^tailnet\/(net|dgram)\//],
  ['services', 'Tailscale Services', /^tailnet\/service\./],
  ['http', 'HTTP', /^tailnet\/http\//],
  ['identity', 'Who is calling', /^(identity|access|middleware|proxy\/request)\//],
  ['sandbox', 'A private tailnet for tests', /^sandbox\//],
];

/**
 * Groups the symbols of an entry point into pages.
 *
 * @returns {{ file: string, title: string, symbols: object[] }[]}
 */
export function byTopic(symbols) {
  const rest = new Set(symbols);
  const pages = TOPICS.map(([file, title, declaredIn]) => {
    const here = [...rest].filter((symbol) => declaredIn.test(symbol.file));
    for (const symbol of here) rest.delete(symbol);
    return { file: `${file}.md`, title, symbols: here };
  });
  if (rest.size > 0) throw new Error(`scripts/api/topics.mjs has no page for ${[...rest].map(({ file }) => file)}`);
  return pages;
}
