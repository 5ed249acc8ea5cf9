#include "sink.h"

#include <unistd.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "go/abi.h"

namespace {

struct Event {
  int64_t sink;
  int32_t kind;
  int32_t fd;
  int64_t id;
  std::string json;

  ~Event() {
    if (fd >= 0) close(fd);  // not delivered
  }
};

void Deliver(Napi::Env env, Napi::Function on_event, std::nullptr_t*, Event* raw);

using Function = Napi::TypedThreadSafeFunction<std::nullptr_t, Event, Deliver>;

// The table outlives every environment, because Go's threads use it for as long as the process lives. It is never
// destroyed, because those threads keep running while exit handlers run.
std::mutex& mutex = *new std::mutex;
std::map<int64_t, Function>& sinks = *new std::map<int64_t, Function>;
int64_t last_sink = 0;

bool IsOpen(int64_t sink) {
  std::lock_guard<std::mutex> lock(mutex);
  return sinks.count(sink) != 0;
}

void Deliver(Napi::Env env, Napi::Function on_event, std::nullptr_t*, Event* raw) {
  std::unique_ptr<Event> event(raw);
  // A null environment means that it is being torn down.
  if (env == nullptr || on_event == nullptr || !IsOpen(event->sink)) return;
  int32_t fd = event->fd;
  event->fd = -1;  // belongs to JavaScript now
  on_event.Call({Napi::Number::New(env, event->kind), Napi::Number::New(env, static_cast<double>(event->id)),
                 Napi::Number::New(env, fd), Napi::String::New(env, event->json)});
}

}  // namespace

int64_t OpenSink(Napi::Env env, Napi::Function on_event) {
  Function function = Function::New(env, on_event, "tsexpose", 0, 1);
  function.Unref(env);
  std::lock_guard<std::mutex> lock(mutex);
  int64_t sink = ++last_sink;
  sinks.emplace(sink, function);
  return sink;
}

void CloseSink(int64_t sink) {
  Function function;
  {
    std::lock_guard<std::mutex> lock(mutex);
    auto it = sinks.find(sink);
    if (it == sinks.end()) return;
    function = it->second;
    sinks.erase(it);
  }
  function.Abort();
  tsx_sink_close(sink);
}

void ReferenceSink(Napi::Env env, int64_t sink, bool referenced) {
  std::lock_guard<std::mutex> lock(mutex);
  auto it = sinks.find(sink);
  if (it == sinks.end()) return;
  if (referenced) {
    it->second.Ref(env);
  } else {
    it->second.Unref(env);
  }
}

extern "C" int32_t tsx_emit(int64_t sink, tsx_event* event) {
  auto* copy = new Event{sink, event->kind, event->fd, event->id, std::string(event->json, event->json_len)};
  std::lock_guard<std::mutex> lock(mutex);
  auto it = sinks.find(sink);
  if (it != sinks.end() && it->second.NonBlockingCall(copy) == napi_ok) return 0;
  copy->fd = -1;  // Go closes it
  delete copy;
  return -1;
}
