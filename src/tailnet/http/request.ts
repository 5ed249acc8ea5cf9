/**
 * What requests that came over the tailnet have beyond Node's own. Imported for its effect on types by whatever public
 * declaration hands out requests: an import of types alone would not be in the declarations.
 */
import type { Identity } from '../../identity/identity.ts';

declare module 'http' {
  interface IncomingMessage {
    /** Who sent the request, for one that came over the tailnet: absent for any other. Set before any handler runs. */
    tailscale?: Identity;
  }
}

declare module 'http2' {
  interface Http2ServerRequest {
    /** Who sent the request, for one that came over the tailnet: absent for any other. Set before any handler runs. */
    tailscale?: Identity;
  }
}
