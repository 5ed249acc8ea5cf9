/**
 * A Tailscale node inside your process: tailnet sockets that look like Node's own, for any Node web framework.
 *
 * @packageDocumentation
 */

export { TsexposeError, type TsexposeErrorCode } from './errors.ts';
export type {
  CallerSummary,
  CertificateEvent,
  ExposeEvent,
  NodeState,
  ReadyEvent,
  RequestEvent,
} from './events.ts';
export { type ExposeOptions, type Exposure, expose } from './expose.ts';
export { TailnetAgent, TailnetSecureAgent } from './http/agent.ts';
export type { CreateServer } from './http/on-tailnet.ts';
export type { CreateSecureServer, SecureHttp2ServerOptions, SecureServerOptions } from './http/secure-server.ts';
export { type HeaderSource, identityFromHeaders } from './identity/from-headers.ts';
export type { Identity, IdentityKind, IdentityNode } from './identity/identity.ts';
export { Capability, type CapabilityValues, defineCapability } from './middleware/capability.ts';
export type { SchemaIssue, SchemaResult, StandardSchema } from './middleware/standard-schema.ts';
export type { CertificateOptions, TailnetCertificate } from './native/certificate.ts';
export type { ConnectOptions } from './native/connect.ts';
export {
  type DatagramEvents,
  type DatagramInfo,
  type DatagramPayload,
  type DatagramType,
  TailnetDatagramSocket,
} from './native/datagram.ts';
export type { ListenOptions } from './native/listen.ts';
export type { LocalApiBody, LocalApiOptions } from './native/local-api.ts';
export type { TailnetEvents } from './native/node.ts';
export type { TailnetOptions, UpOptions } from './native/options.ts';
export type { Peer } from './native/peer.ts';
export { TailnetServer, type TailnetServerEvents } from './native/server.ts';
export { type HostServiceOptions, TailnetService } from './native/service.ts';
export { TailnetSocket } from './native/socket.ts';
export type { TailnetPeer, TailnetStatus } from './native/status.ts';
export { Tailnet } from './native/tailnet.ts';
export type { TailnetChange } from './native/watch.ts';
export type { SandboxAdmin } from './sandbox/admin.ts';
export type { Door, DoorOptions, FunnelOptions } from './sandbox/door.ts';
export { Sandbox, type SandboxOptions } from './sandbox/sandbox.ts';
