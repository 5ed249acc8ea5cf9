// The target of the benchmarks: answers every request with 1 kB of text. Prints its port.
import { createServer } from 'node:http';

const body = 'x'.repeat(1024);
const headers = { 'content-type': 'text/plain', 'content-length': String(body.length) };
const server = createServer((_request, response) => response.writeHead(200, headers).end(body));
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit());
