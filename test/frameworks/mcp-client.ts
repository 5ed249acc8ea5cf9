import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { fetch } from 'undici';

/** Calls the tool of an MCP server as a client on a page of the server would, and returns its text. */
export async function callTool(directory: string, url: string, through: typeof fetch): Promise<string> {
  const require = createRequire(join(directory, 'package.json'));
  const load = (name: string) =>
    import(pathToFileURL(require.resolve(`@modelcontextprotocol/sdk/client/${name}`)).href);
  const { Client } = await load('index.js');
  const { StreamableHTTPClientTransport } = await load('streamableHttp.js');
  const client = new Client({ name: 'test', version: '1.0.0' });
  const requestInit = { headers: { Origin: url } };
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { fetch: through, requestInit }));
  try {
    const { content } = await client.callTool({ name: 'greet' });
    return content[0].text;
  } finally {
    await client.close();
  }
}
