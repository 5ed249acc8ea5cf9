/** What tests and benchmarks of dist/ need besides the library. The bundle has it as dist/internal.js, the package does not. */
export { Chat } from '../src/chat/room/chat.ts';
export { serveChat } from '../src/chat/web/web.ts';
export { encodeHeaderValue } from '../src/identity/rfc2047.ts';
export { nativeCounts, nativeRuntime } from '../src/native/runtime.ts';
export { requestLocalApi } from '../src/tailnet/local-api.ts';
