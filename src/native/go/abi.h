// The C interface of the tailnet node: what the Go archive offers to its host (the Node.js addon), and what it
// expects from it. Go implements every tsx_* function but tsx_emit; the host implements tsx_emit.
//
// Rules that hold for every function
//
//   - No call blocks: each returns after it has started its work, and may be made from any thread.
//   - A call that has an outcome takes a request number of the caller's choice, unique among its unfinished requests.
//     The outcome arrives as exactly one TSX_RESULT event with that number, from any thread, possibly before the call
//     returns. tsx_cancel(request) makes the outcome arrive early, as the error ABORT_ERR.
//   - Handles (sinks, nodes, listeners, connections) are positive numbers that only ever increase. A number is never
//     used twice, and none is a file descriptor. A call on a handle that is closed or was never given returns
//     TSX_GONE and has no outcome; a call that was accepted returns 0.
//   - Strings are UTF-8, NUL-terminated, owned by the caller, and copied before the call returns.
//   - Errors travel inside the outcome: {"error":{"code","message"}}. There is no "last error".
//   - A panic in the archive's own code becomes the error ERR_TSEXPOSE_INTERNAL; the process lives on.

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

  // id: the node. json: {"type":"state"|"login"|"health"|"change"|"peers"|"service"|"temporary"|"log", …}.
  TSX_NODE = 2,

  // A tailnet peer has connected. id: the listener. fd: the connection.
  // json: {"connection":N,"remote":{"ip","port"},"local":{"ip","port"},"identity":{…}}.
  // The host answers each of these with one tsx_listener_delivered.
  TSX_CONNECTION = 3,

  // id: the connection. json: {"type":"reset"}, or {"type":"identity","identity":{…}} when the network map says
  // something else about the peer than it did before.
  TSX_UPDATE = 4,
};

// An event on its way to the host. The memory belongs to Go and is valid until tsx_emit returns.
//
// fd, unless it is -1, is one end of a non-blocking, close-on-exec stream socket pair that carries the connection.
// It belongs to the host from the moment tsx_emit returns 0. Closing it closes the tailnet connection; shutting down
// its writing side sends FIN to the peer, and the peer's FIN arrives as end of file.
typedef struct {
  int32_t kind;
  int32_t fd;
  int64_t id;
  char *json;
  size_t json_len;
} tsx_event;

// Implemented by the host. Called from any thread; must not block and must not call back into the archive.
// Returns 0 when the event was taken. Otherwise the sink is gone, and Go closes the event's fd.
int32_t tsx_emit(int64_t sink, tsx_event *event);

// Sets an environment variable for the Go side, which keeps a copy of the environment from the time it was loaded.
void tsx_setenv(char *name, char *value);

// Makes a node that reports to a sink (a number of the host's choice, unique in the process). Nothing starts yet.
// config: {"hostname","authKey","controlUrl","stateDir","ephemeral","tags":[…],"clientSecret","supportLogs","verbose"}.
int64_t tsx_node_new(int64_t sink, char *config);

// Starts the node and finishes when it runs: {"value":{"name","fqdn","ips":[…]}}. While it waits for a login or for
// approval it reports TSX_NODE events; it waits without limit, so the host brings the time-out and tsx_cancel.
// A node that is up can be asked again. After a cancelled or failed up the node keeps trying until tsx_node_close.
int32_t tsx_node_up(int64_t node, int64_t request);

// Finishes with {"value":{…}}: the node's own state and everything it knows about its tailnet.
int32_t tsx_node_status(int64_t node, int64_t request);

// Who owns a tailnet address ("100.64.0.1", "100.64.0.1:443", "[fd7a::1]:80" or a MagicDNS name):
// {"value":{identity}}, or the error ERR_TSEXPOSE_NOT_FOUND.
int32_t tsx_node_whois(int64_t node, int64_t request, char *address);

// Listens on a tailnet port (0: one is chosen): {"value":{"listener":N,"port":N}}. Connections are accepted at once,
// whether or not the host is busy, up to `backlog` that it has not acknowledged; further ones are refused.
// config: {"target","funnel","service"}. With none of them, the port is the node's own, and the host gets its connections.
//
// With a target ("host:port", or "unix:/path") connections are joined to that service here, byte for byte and with
// halves that end on their own. Each is reported as a TSX_CONNECTION with fd -1, and waits until the host decides:
// tsx_connection_admit or tsx_connection_cut. After its last byte TSX_UPDATE says
// {"type":"end","received":N,"sent":N}, or {"type":"end","error":{…}} when the service could not be reached.
//
// With funnel the port is open to the internet as well, or the outcome is the error ERR_TSEXPOSE_FUNNEL. Connections
// are raw in any case: TLS is the host's. Visitors from the internet have the identity kind "funnel".
//
// With service ("svc:web") the port is that of a Tailscale Service, as for tsx_node_host, until the listener closes.
int32_t tsx_node_listen(int64_t node, int64_t request, int32_t port, int32_t backlog, char *config);

// Makes the node a host of a Tailscale Service ("svc:web"), for ports that are or will be listened on: {"value":{"service",
// "fqdn","ips":[…],"known","missing":[…]}}. There are no ips until an admin has approved the node; the TSX_NODE event
// {"type":"service","service":{…}} tells every change. config: {"ports":[…]}, or {"withdraw":true}, which has visitors
// sent elsewhere and keeps the connections that there are. A node without tags gets the error ERR_TSEXPOSE_SERVICE.
int32_t tsx_node_host(int64_t node, int64_t request, char *service, char *config);

// Lets the peer of a connection with a target in; the preface goes to the service first, and is copied.
int32_t tsx_connection_admit(int64_t connection, char *preface, size_t preface_len);

// Ends a connection with a target, at any time.
int32_t tsx_connection_cut(int64_t connection);

// The host has handed one TSX_CONNECTION event of this listener to its user.
void tsx_listener_delivered(int64_t listener);

// Stops listening: {"value":null}. Connections live on.
int32_t tsx_listener_close(int64_t listener, int64_t request);

// Connects to "host:port" on the tailnet, over "tcp", "tcp4" or "tcp6". *fd is set at once to the host's end of the
// connection's socket pair (-1: none could be made, and the outcome says why); what is written before the outcome waits
// in it. Finishes with {"value":{"connection":N,"remote":{…},"local":{…},"identity":{…}}}: the identity is that of the
// device at the other end. After an error the host closes the fd; closing it earlier does not end the dial, tsx_cancel
// does.
int32_t tsx_node_connect(int64_t node, int64_t request, char *network, char *address, int32_t *fd);

// Opens a connection to the node's LocalAPI, which speaks HTTP/1.1 on it: *fd as for tsx_node_connect. Finishes with
// {"value":null} once requests are answered; what is written before that waits. Closing the fd cancels what was asked.
int32_t tsx_node_local_api(int64_t node, int64_t request, int32_t *fd);

// Binds a UDP port of the node (0: one is chosen) for "udp4" or "udp6": *fd as for tsx_node_connect. Finishes with
// {"value":{"ip","port"}}. On the fd, both ways, travel frames: a 32-bit length of what follows, then (integers in
// network order, ip being one byte for its length, 4 or 16, and as many bytes)
//
//   to the host:   1 ip port16 payload   a datagram
//                  2 ip json             who the sender with this address is, before its first datagram and when it changes
//                  3 ip                  forget every identity that was told; those needed are told anew
//   from the host: ip port16 payload     a datagram to send
//
// Closing the fd closes the port.
int32_t tsx_node_bind(int64_t node, int64_t request, char *network, int32_t port, int32_t *fd);

// Closes the node: no new connections, open ones get `drain_ms` milliseconds to end by themselves and are then cut,
// an ephemeral node logs out, its socket and its state lock are released. {"value":null}. Safe at any time, also
// before and during tsx_node_up, and more than once: every caller whose call was accepted gets its outcome when the
// node is down.
int32_t tsx_node_close(int64_t node, int64_t request, int64_t drain_ms);

// Ends a request early. Unknown and finished requests are ignored.
void tsx_cancel(int64_t sink, int64_t request);

// The host's environment is being torn down: closes the sink's nodes, and sends it nothing more.
void tsx_sink_close(int64_t sink);

// How many handles are open: {"nodes","listeners","connections","requests","goroutines"}. Free with tsx_free.
char *tsx_counts(void);
void tsx_free(char *text);

#ifdef __cplusplus
}
#endif

#endif
