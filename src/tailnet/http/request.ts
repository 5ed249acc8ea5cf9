/**
 * The property that requests over the tailnet have in addition to Node's. Public modules that hand out requests import
 * this file for its types, with a plain import: the compiler would leave an `import type` out of their declarations.
 */
import type { Identity } from '../../identity/identity.ts';

declare module 'http' {
  interface IncomingMessage {
    /** Who sent the request; absent if it did not come over the tailnet. Set before any handler runs. */
    tailscale?: Identity;
  }
}

declare module 'http2' {
  interface Http2ServerRequest {
    /** Who sent the request; absent if it did not come over the tailnet. Set before any handler runs. */
    tailscale?: Identity;
  }
}
