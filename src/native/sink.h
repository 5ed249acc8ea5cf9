// Events on their way from Go's threads to one JavaScript environment.
//
// Go knows a sink only by its number, so an event for an environment that is gone finds nothing rather than a dangling
// thread-safe function.

#ifndef TSEXPOSE_SINK_H
#define TSEXPOSE_SINK_H

#include <napi.h>

#include <cstdint>

// Opens a sink that calls `on_event(kind, id, fd, json)` on the environment's thread. The sink keeps the event loop alive
// only while it is referenced.
int64_t OpenSink(Napi::Env env, Napi::Function on_event);

// Stops delivery. Must run on the environment's thread; drops queued events and closes their sockets.
void CloseSink(int64_t sink);

// Sets whether the sink keeps the event loop alive.
void ReferenceSink(Napi::Env env, int64_t sink, bool referenced);

#endif
