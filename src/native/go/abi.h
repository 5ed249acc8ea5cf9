// The C interface of the tailnet node: what the Go archive offers to its host (the Node.js addon), and what it expects
// from the host. Go implements all tsx_* functions except tsx_emit, which the host implements.
//
// Rules for every function
//
//   - No call blocks. Each returns once it has started its work, and may be made from any thread.
//   - A call with an outcome takes a request number of the host's choice, unique among its unfinished requests. The
//     outcome arrives as exactly one TSX_RESULT event with that number, from any thread, possibly before the call
//     returns. tsx_cancel(request) makes the outcome arrive early, as the error ABORT_ERR.
//   - Handles (sinks, nodes, listeners, connections) are positive numbers that only increase. Numbers are never reused
//     and are not file descriptors. A call with a handle that is closed or was never issued returns TSX_GONE and has no
//     outcome; an accepted call returns 0.
//   - Strings are UTF-8, NUL-terminated, owned by the host, and copied before the call returns.
//   - Errors are part of the outcome: {"error":{"code","message"}}. There is no "last error".
//   - A panic in the archive's own code becomes the error ERR_TSEXPOSE_INTERNAL; the process continues.

#ifndef TSEXPOSE_ABI_H
#define TSEXPOSE_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TSX_GONE = -1 };

enum {
  // id: the request. json: {"value":…} or {"error":{"code":"…","message":"…"}}.
  // fd: -1.
  TSX_RESULT = 1,

  // id: the node. json: {"type":"state"|"login"|"health"|"crowded"|"change"|"peers"|"service"|"temporary"|"log"
  // |"dismissed", …}.
  TSX_NODE = 2,

  // A tailnet peer has connected. id: the listener. fd: the connection.
  // json: {"connection":N,"remote":{"ip","port"},"local":{"ip","port"},"identity":{…}}.
  // The host acknowledges each of these with one tsx_listener_delivered.
  TSX_CONNECTION = 3,

  // id: the connection. json: {"type":"reset"}, or {"type":"identity","identity":{…}} when the network map has changed
  // what it says about the peer. tsx_node_listen and tsx_node_socks5 document further types.
  TSX_UPDATE = 4,
};

// An event on its way to the host. The memory belongs to Go and is valid until tsx_emit returns.
//
// fd, unless it is -1, is one end of a non-blocking, close-on-exec stream socket pair that carries the connection.
// It belongs to the host once tsx_emit has returned 0. Closing it closes the tailnet connection; shutting down its writing
// side sends a FIN to the peer, and the peer's FIN arrives as end of file.
typedef struct {
  int32_t kind;
  int32_t fd;
  int64_t id;
  char *json;
  size_t json_len;
} tsx_event;

// Implemented by the host. Called from any thread; must not block and must not call back into the archive.
// Returns 0 if the event was taken. Otherwise the sink is gone, and Go closes the event's fd.
int32_t tsx_emit(int64_t sink, tsx_event *event);

// Sets an environment variable for Go, which has copied the environment when it was loaded.
void tsx_setenv(char *name, char *value);

// Removes an environment variable from Go's copy of the environment, but not from the process's.
void tsx_forgetenv(char *name);

// Creates a node that reports to a sink (a number of the host's choice, unique in the process). Nothing starts yet.
// config: {"hostname","authKey","controlUrl","stateDir","resetState","ephemeral","tags":[…],"supportLogs","verbose"}.
int64_t tsx_node_new(int64_t sink, char *config);

// Starts the node and finishes once it is running: {"value":{"name","fqdn","ips":[…]}}. While it waits for a login or for
// approval it reports TSX_NODE events. It waits without limit; the host uses tsx_cancel for a timeout. It can be called
// again when the node is up. After a canceled or failed call the node keeps trying until tsx_node_close.
int32_t tsx_node_up(int64_t node, int64_t request);

// Finishes with {"value":{…}}: the state of the node and all it knows about its tailnet.
int32_t tsx_node_status(int64_t node, int64_t request);

// Looks up who owns a tailnet address ("100.64.0.1", "100.64.0.1:443", "[fd7a::1]:80" or a MagicDNS name):
// {"value":{identity}}, or the error ERR_TSEXPOSE_NOT_FOUND.
int32_t tsx_node_whois(int64_t node, int64_t request, char *address);

// Listens on a tailnet port (0 picks one):
// {"value":{"listener":N,"port":N,"capacity":{"total":N,"each":N}}}. Connections are accepted right away even
// if the host is busy, up to `backlog` that it has not acknowledged; further ones are refused.
// config: {"target","funnel","service","address","ipv6Only","http","tls","alpn"}. Without any of these, it is a port of the node and the host
// gets its connections.
//
// With a target ("host:port" or "unix:/path"), connections are joined to it here, byte for byte, and each direction ends
// on its own. Each connection is reported as a TSX_CONNECTION with fd -1, and waits until the host calls
// tsx_connection_admit or tsx_connection_cut. After the last byte, TSX_UPDATE says {"type":"end","received":N,"sent":N},
// or {"type":"end","error":{…}} if the target could not be reached.
//
// With funnel, the port is also open to the internet, or else the outcome is the error ERR_TSEXPOSE_FUNNEL. Callers from the internet have the identity kind "funnel".
//
// With service ("svc:web"), it is a port of a Tailscale Service, as for tsx_node_host, until the listener closes.
//
// With address, it is a port of that address of the node only, and with ipv6Only of the IPv6 one. A wildcard and a loopback
// address stand for all of the node's. Any other address gets the error EADDRNOTAVAIL.
//
// With tls ({"cert":"PEM","key":"PEM","names":[…]}), the TLS of callers ends here, with one of the protocols in alpn. With
// alpn alone, there is no certificate yet. What the host hears of a connection has "secure":{"alpn","servername"}, or
// {"plain":true} for a caller that speaks no TLS, whose connection is refused if there is a target. tsx_listener_tell
// replaces the certificate.
//
// With http, HTTP/1.1 is carried to its targets here, by the rules that are the value of http. See package fastpath, and
// tsx_listener_tell. What is not for the fast path arrives as a TSX_CONNECTION as usual.
// TSX_UPDATE with the listener as id says {"type":"judge","number":N,"identity":{…}} to ask about a caller,
// {"type":"ask","number":N,"question":{…}} to ask anything else (number 0 is no question), and
// {"type":"requests","events":[…],"dropped":N}.
int32_t tsx_node_listen(int64_t node, int64_t request, int32_t port, int32_t backlog, char *config);

// Makes the node a host of a Tailscale Service ("svc:web"), for ports that are or will be listened on: {"value":{"service",
// "fqdn","ips":[…],"known","missing":[…]}}. There are no ips until an admin approves the node. Changes are reported as
// TSX_NODE events {"type":"service","service":{…}}. config: {"ports":[…]}, or {"withdraw":true}, which routes callers
// elsewhere and keeps open connections. A node without tags gets the error ERR_TSEXPOSE_SERVICE.
int32_t tsx_node_host(int64_t node, int64_t request, char *service, char *config);

// Opens a SOCKS5 proxy on a port of 127.0.0.1 (0 picks one): {"value":{"listener":N,"port":N}}. Its clients reach the
// tailnet as this node, and nothing else. TSX_UPDATE with the listener as id reports what went wrong:
// {"type":"failed","host","port","error":{…}}, without host and port if it was the client's fault. tsx_listener_close
// cuts the clients too.
int32_t tsx_node_socks5(int64_t node, int64_t request, int32_t port);

// Admits a connection with a target. The preface is copied, and sent to the target first.
int32_t tsx_connection_admit(int64_t connection, char *preface, size_t preface_len);

// Ends a connection with a target, at any time.
int32_t tsx_connection_cut(int64_t connection);

// Ends a connection of the host with a reset rather than a FIN.
int32_t tsx_connection_reset(int64_t connection);

// Formats a header of the PROXY protocol, which can serve as a preface. header: {"version":1|2,"remote":{"ip","port"},
// "local":{"ip","port"},"tlvs":[{"type":N,"value":"…"}]}; an ip may be empty, and empty values are left out. Returns
// *length bytes to free with tsx_free, or NULL if it is not such a header.
char *tsx_proxy_header(char *header, size_t *length);

// Acknowledges one TSX_CONNECTION event of a listener.
void tsx_listener_delivered(int64_t listener);

// Tells a listener, or its fast path: {"type":"rules","rules":{…}}, {"type":"verdict","number":N,"verdict":{…}},
// {"type":"answer","number":N,"bytes":"base64"}, or {"type":"certificate","cert":"PEM","key":"PEM","names":[…]}.
int32_t tsx_listener_tell(int64_t listener, char *json);

// Ends the fast path's connections: those that wait for a request at once, the others when their responses are complete,
// or after `limit_ms` milliseconds. {"value":null}.
int32_t tsx_listener_drain(int64_t listener, int64_t request, int64_t limit_ms);

// Stops listening: {"value":null}. Open connections continue.
int32_t tsx_listener_close(int64_t listener, int64_t request);

// Connects to "host:port" on the tailnet over "tcp", "tcp4" or "tcp6". Sets *fd right away to the host's end of the
// connection's socket pair (-1 if there is none, and the outcome says why), which buffers what is written before the
// outcome. Finishes with {"value":{"connection":N,"remote":{…},"local":{…},"identity":{…}}}, with the identity of the
// device at the other end. After an error the host closes the fd. Closing it earlier does not end the dial; tsx_cancel
// does.
int32_t tsx_node_connect(int64_t node, int64_t request, char *network, char *address, int32_t *fd);

// Opens a connection to the node's LocalAPI, which speaks HTTP/1.1: *fd as for tsx_node_connect. Finishes with
// {"value":null} once requests are answered; what is written before that waits. Closing the fd cancels the request.
int32_t tsx_node_local_api(int64_t node, int64_t request, int32_t *fd);

// Binds a UDP port of the node (0 picks one) for "udp4" or "udp6": *fd as for tsx_node_connect. Finishes with
// {"value":{"ip","port"}}. The fd carries frames in both directions: the 32-bit length of what follows, then (integers in
// network order; ip is one byte for its length, 4 or 16, and that many bytes)
//
//   to the host:   1 ip port16 payload   a datagram
//                  2 ip json             identity of the sender with this address; before its first datagram, and updates
//                  3 ip                  forget all identities; those still needed are sent again
//   from the host: ip port16 payload     a datagram to send
//
// Closing the fd closes the port.
int32_t tsx_node_bind(int64_t node, int64_t request, char *network, int32_t port, int32_t *fd);

// Closes the node: {"value":null}. Accepts no more connections, gives open ones `drain_ms` milliseconds to end before they
// are cut, logs out if the node is ephemeral, and releases its socket and state lock. Safe at any time, including before
// and during tsx_node_up, and more than once: each accepted call gets its outcome when the node is down.
int32_t tsx_node_close(int64_t node, int64_t request, int64_t drain_ms);

// Ends a request early. Unknown and finished requests are ignored.
void tsx_cancel(int64_t sink, int64_t request);

// Closes the sink's nodes and sends it no more events, because the host's environment is being torn down.
void tsx_sink_close(int64_t sink);

// Returns how many handles are open: {"nodes","listeners","connections","requests","goroutines"}. Free with tsx_free.
char *tsx_counts(void);
void tsx_free(char *text);

#ifdef __cplusplus
}
#endif

#endif
