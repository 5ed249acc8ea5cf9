/** Kinds of events: the `TSX_` constants of go/abi.h. */
export const EVENT = { result: 1, node: 2, connection: 3, update: 4 } as const;

/** The functions of the native module, as in addon.cc. Their manual is go/abi.h. */
export interface Binding {
  open(onEvent: (kind: number, id: number, fd: number, json: string) => void): void;
  reference(referenced: boolean): void;
  setenv(name: string, value: string): void;
  forgetenv(name: string): void;
  nodeNew(config: string): number;
  nodeUp(node: number, request: number): boolean;
  nodeStatus(node: number, request: number): boolean;
  nodeWhois(node: number, request: number, address: string): boolean;
  nodeListen(node: number, request: number, port: number, backlog: number, config: string): boolean;
  nodeHost(node: number, request: number, service: string, config: string): boolean;
  nodeSocks5(node: number, request: number, port: number): boolean;
  connectionAdmit(connection: number, preface: Buffer): boolean;
  connectionCut(connection: number): boolean;
  connectionReset(connection: number): boolean;
  // These return a descriptor: -1 if there is none, null if the node is gone.
  nodeConnect(node: number, request: number, network: string, address: string): number | null;
  nodeLocalApi(node: number, request: number): number | null;
  nodeBind(node: number, request: number, network: string, port: number): number | null;
  nodeClose(node: number, request: number, drainMs: number): boolean;
  listenerDelivered(listener: number): void;
  listenerClose(listener: number, request: number): boolean;
  listenerTell(listener: number, json: string): boolean;
  listenerDrain(listener: number, request: number, limitMs: number): boolean;
  proxyHeader(header: string): Buffer;
  cancel(request: number): void;
  counts(): string;
  fixSignalHandlers(): number;
}
