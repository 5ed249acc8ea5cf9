// Which page of docs/api a symbol of the main entry point is on, by the file that declares it; the first fit counts.
const TOPICS = [
  ['expose', 'A service on the tailnet, in one call', /^(expose\/|events\.)/],
  ['tailnet', 'The node', /^tailnet\/tailnet\./],
  [
    'tailnet-types',
    'What a node is told and tells',
    /^(tailnet\/(node|options|status|peer|watch|certificate\/certificate|local-api)|errors)\./,
  ],
  ['sockets', 'Sockets', /^tailnet\/(net|dgram)\//],
  ['services', 'Tailscale Services', /^tailnet\/service\./],
  ['http', 'HTTP', /^tailnet\/http\//],
  ['identity', 'Who is calling', /^(identity|access|middleware)\//],
  ['sandbox', 'A tailnet for tests', /^sandbox\//],
];

/**
 * The symbols of an entry point as pages.
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
