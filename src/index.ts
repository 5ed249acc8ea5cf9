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
export { type ExposeOptions, type Exposure, expose } from './expose/expose.ts';
export { type HeaderSource, identityFromHeaders } from './identity/from-headers.ts';
export type { ConnectedCaller, Identity, IdentityKind, IdentityNode } from './identity/identity.ts';
export { Capability, type CapabilityValues, defineCapability } from './middleware/capability.ts';
export type { SchemaIssue, SchemaResult, StandardSchema } from './middleware/standard-schema.ts';
export {
  type ForwardedRequest,
  type IdentityHeaderOptions,
  identityHeaders,
} from './proxy/request/identity-headers.ts';
export type { SandboxAdmin } from './sandbox/admin.ts';
export type { Door, DoorOptions, FunnelOptions } from './sandbox/door.ts';
export { Sandbox, type SandboxOptions } from './sandbox/sandbox.ts';
export type { CertificateOptions, TailnetCertificate } from './tailnet/certificate/certificate.ts';
export {
  type DatagramEvents,
  type DatagramInfo,
  type DatagramOptions,
  type DatagramPayload,
  type DatagramType,
  TailnetDatagramSocket,
} from './tailnet/dgram/datagram.ts';
export type { TailnetEvents } from './tailnet/events.ts';
export { TailnetAgent, TailnetSecureAgent } from './tailnet/http/agent.ts';
export type { CreateServer } from './tailnet/http/on-tailnet.ts';
export type {
  CreateSecureServer,
  SecureHttp2ServerOptions,
  SecureServerOptions,
} from './tailnet/http/secure-server.ts';
export type { LocalApiBody, LocalApiOptions } from './tailnet/local-api.ts';
export type { ConnectOptions } from './tailnet/net/connect.ts';
export type { ListenOptions } from './tailnet/net/server.ts';
export { TailnetServer, type TailnetServerEvents } from './tailnet/net/server.ts';
export type { Peer } from './tailnet/net/socket.ts';
export { TailnetSocket } from './tailnet/net/socket.ts';
export type { TailnetOptions, UpOptions } from './tailnet/options.ts';
export { type HostServiceOptions, TailnetService } from './tailnet/service.ts';
export type { TailnetPeer, TailnetStatus } from './tailnet/status.ts';
export { Tailnet } from './tailnet/tailnet.ts';
export type { TailnetChange } from './tailnet/watch.ts';
