/**
 * A Tailscale node inside your process: tailnet sockets that look like Node's own, for any Node web framework.
 *
 * @packageDocumentation
 */

export { TsexposeError, type TsexposeErrorCode } from './errors.ts';
export type { NodeState } from './events.ts';
export type { Identity, IdentityKind, IdentityNode } from './identity/identity.ts';
export type { ConnectOptions } from './native/connect.ts';
export type { TailnetEvents } from './native/node.ts';
export { TailnetServer, type TailnetServerEvents } from './native/server.ts';
export { TailnetSocket } from './native/socket.ts';
export {
  type CreateServer,
  type ListenOptions,
  type Peer,
  Tailnet,
  type TailnetOptions,
  type TailnetPeer,
  type TailnetStatus,
  type UpOptions,
} from './native/tailnet.ts';
