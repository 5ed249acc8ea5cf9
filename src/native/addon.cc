// The functions of the module: each converts its arguments, which TypeScript has validated, and makes one call into Go.
// binding.ts declares them for TypeScript.

#include <napi.h>

#include <string>

#include "go/abi.h"
#include "signals.h"
#include "sink.h"

namespace {

int64_t Int(const Napi::CallbackInfo& info, size_t index) { return info[index].ToNumber().Int64Value(); }

std::string Text(const Napi::CallbackInfo& info, size_t index) { return info[index].ToString().Utf8Value(); }

Napi::Value Accepted(const Napi::CallbackInfo& info, int32_t outcome) {
  return Napi::Boolean::New(info.Env(), outcome == 0);
}

// Returns the host's end of a socket pair: -1 if there is none, null if the node is gone.
Napi::Value Descriptor(const Napi::CallbackInfo& info, int32_t outcome, int32_t& fd) {
  return outcome == 0 ? Napi::Number::New(info.Env(), fd) : info.Env().Null();
}

class Addon : public Napi::Addon<Addon> {
 public:
  Addon(Napi::Env env, Napi::Object exports) {
    DefineAddon(exports, {
                             InstanceMethod("open", &Addon::Open),
                             InstanceMethod("reference", &Addon::Reference),
                             InstanceMethod("setenv", &Addon::Setenv),
                             InstanceMethod("forgetenv", &Addon::Forgetenv),
                             InstanceMethod("nodeNew", &Addon::NodeNew),
                             InstanceMethod("nodeUp", &Addon::NodeUp),
                             InstanceMethod("nodeStatus", &Addon::NodeStatus),
                             InstanceMethod("nodeWhois", &Addon::NodeWhois),
                             InstanceMethod("nodeListen", &Addon::NodeListen),
                             InstanceMethod("nodeConnect", &Addon::NodeConnect),
                             InstanceMethod("nodeLocalApi", &Addon::NodeLocalApi),
                             InstanceMethod("nodeBind", &Addon::NodeBind),
                             InstanceMethod("nodeClose", &Addon::NodeClose),
                             InstanceMethod("nodeHost", &Addon::NodeHost),
                             InstanceMethod("nodeSocks5", &Addon::NodeSocks5),
                             InstanceMethod("connectionAdmit", &Addon::ConnectionAdmit),
                             InstanceMethod("connectionCut", &Addon::ConnectionCut),
                             InstanceMethod("connectionReset", &Addon::ConnectionReset),
                             InstanceMethod("listenerDelivered", &Addon::ListenerDelivered),
                             InstanceMethod("listenerClose", &Addon::ListenerClose),
                             InstanceMethod("listenerTell", &Addon::ListenerTell),
                             InstanceMethod("listenerDrain", &Addon::ListenerDrain),
                             InstanceMethod("proxyHeader", &Addon::ProxyHeader),
                             InstanceMethod("cancel", &Addon::Cancel),
                             InstanceMethod("counts", &Addon::Counts),
                             InstanceMethod("fixSignalHandlers", &Addon::FixSignals),
                         });
    RestoreSignalMask();
    FixSignalHandlers();
  }

 private:
  void Close() {
    if (sink_ != 0) CloseSink(sink_);
    sink_ = 0;
  }

  Napi::Value Open(const Napi::CallbackInfo& info) {
    Close();
    sink_ = OpenSink(info.Env(), info[0].As<Napi::Function>());
    // Hooks run last in, first out, so this one runs before the thread-safe function is freed by its own.
    info.Env().AddCleanupHook([](Addon* self) { self->Close(); }, this);
    return info.Env().Undefined();
  }

  void Reference(const Napi::CallbackInfo& info) { ReferenceSink(info.Env(), sink_, info[0].ToBoolean()); }

  void Setenv(const Napi::CallbackInfo& info) {
    std::string name = Text(info, 0), value = Text(info, 1);
    tsx_setenv(name.data(), value.data());
  }

  void Forgetenv(const Napi::CallbackInfo& info) {
    std::string name = Text(info, 0);
    tsx_forgetenv(name.data());
  }

  Napi::Value NodeNew(const Napi::CallbackInfo& info) {
    std::string config = Text(info, 0);
    return Napi::Number::New(info.Env(), static_cast<double>(tsx_node_new(sink_, config.data())));
  }

  Napi::Value NodeUp(const Napi::CallbackInfo& info) { return Accepted(info, tsx_node_up(Int(info, 0), Int(info, 1))); }

  Napi::Value NodeStatus(const Napi::CallbackInfo& info) {
    return Accepted(info, tsx_node_status(Int(info, 0), Int(info, 1)));
  }

  Napi::Value NodeWhois(const Napi::CallbackInfo& info) {
    std::string address = Text(info, 2);
    return Accepted(info, tsx_node_whois(Int(info, 0), Int(info, 1), address.data()));
  }

  Napi::Value NodeListen(const Napi::CallbackInfo& info) {
    std::string config = Text(info, 4);
    return Accepted(info, tsx_node_listen(Int(info, 0), Int(info, 1), static_cast<int32_t>(Int(info, 2)),
                                          static_cast<int32_t>(Int(info, 3)), config.data()));
  }

  Napi::Value NodeHost(const Napi::CallbackInfo& info) {
    std::string service = Text(info, 2), config = Text(info, 3);
    return Accepted(info, tsx_node_host(Int(info, 0), Int(info, 1), service.data(), config.data()));
  }

  Napi::Value NodeSocks5(const Napi::CallbackInfo& info) {
    return Accepted(info, tsx_node_socks5(Int(info, 0), Int(info, 1), static_cast<int32_t>(Int(info, 2))));
  }

  Napi::Value ConnectionAdmit(const Napi::CallbackInfo& info) {
    auto preface = info[1].As<Napi::Buffer<char>>();
    return Accepted(info, tsx_connection_admit(Int(info, 0), preface.Data(), preface.Length()));
  }

  Napi::Value ConnectionCut(const Napi::CallbackInfo& info) { return Accepted(info, tsx_connection_cut(Int(info, 0))); }

  Napi::Value ConnectionReset(const Napi::CallbackInfo& info) {
    return Accepted(info, tsx_connection_reset(Int(info, 0)));
  }

  Napi::Value NodeConnect(const Napi::CallbackInfo& info) {
    std::string network = Text(info, 2), address = Text(info, 3);
    int32_t fd = -1;
    return Descriptor(info, tsx_node_connect(Int(info, 0), Int(info, 1), network.data(), address.data(), &fd), fd);
  }

  Napi::Value NodeLocalApi(const Napi::CallbackInfo& info) {
    int32_t fd = -1;
    return Descriptor(info, tsx_node_local_api(Int(info, 0), Int(info, 1), &fd), fd);
  }

  Napi::Value NodeBind(const Napi::CallbackInfo& info) {
    std::string network = Text(info, 2);
    int32_t fd = -1, port = static_cast<int32_t>(Int(info, 3));
    return Descriptor(info, tsx_node_bind(Int(info, 0), Int(info, 1), network.data(), port, &fd), fd);
  }

  Napi::Value NodeClose(const Napi::CallbackInfo& info) {
    return Accepted(info, tsx_node_close(Int(info, 0), Int(info, 1), Int(info, 2)));
  }

  void ListenerDelivered(const Napi::CallbackInfo& info) { tsx_listener_delivered(Int(info, 0)); }

  Napi::Value ListenerClose(const Napi::CallbackInfo& info) {
    return Accepted(info, tsx_listener_close(Int(info, 0), Int(info, 1)));
  }

  Napi::Value ListenerTell(const Napi::CallbackInfo& info) {
    std::string text = Text(info, 1);
    return Accepted(info, tsx_listener_tell(Int(info, 0), text.data()));
  }

  Napi::Value ListenerDrain(const Napi::CallbackInfo& info) {
    return Accepted(info, tsx_listener_drain(Int(info, 0), Int(info, 1), Int(info, 2)));
  }

  Napi::Value ProxyHeader(const Napi::CallbackInfo& info) {
    std::string header = Text(info, 0);
    size_t length = 0;
    char* bytes = tsx_proxy_header(header.data(), &length);
    if (bytes == nullptr) throw Napi::TypeError::New(info.Env(), "Expected a PROXY header, got " + header);
    Napi::Value copy = Napi::Buffer<char>::Copy(info.Env(), bytes, length);
    tsx_free(bytes);
    return copy;
  }

  void Cancel(const Napi::CallbackInfo& info) { tsx_cancel(sink_, Int(info, 0)); }

  Napi::Value Counts(const Napi::CallbackInfo& info) {
    char* text = tsx_counts();
    Napi::String result = Napi::String::New(info.Env(), text);
    tsx_free(text);
    return result;
  }

  Napi::Value FixSignals(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), FixSignalHandlers()); }

  int64_t sink_ = 0;
};

}  // namespace

NODE_API_ADDON(Addon)
