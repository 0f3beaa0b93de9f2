#pragma once
// The language server: what becomes of messages (memory and servers reference, section 6).
//
//   Server server(machine, files, [](std::string text) { ... });   // each text is one message to the client
//   server.receive(frame);                                         // as they come
//   while (server.step(now)) {}                                    // one message, or diagnostics that are due
//
// It has no thread and no clock: whoever runs it says what time it is, so a test can run hours in a moment. A request that
// fails answers with an error and leaves the rest as it was.

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "lsp/feature.hpp"
#include "lsp/framing.hpp"
#include "lsp/rpc.hpp"
#include "lsp/workspace.hpp"

namespace omc::lsp {

using Time = std::chrono::milliseconds;  // since a moment of the caller's choice

inline constexpr Time kDebounce{150};       // between a change and what is said about it
inline constexpr size_t kMaxPending = 10'000;  // messages that wait

class Server {
 public:
  using Send = std::function<void(std::string)>;

  Server(const vm::Vm& machine, Files& files, Send send);

  void receive(Frame frame);
  bool step(Time now);                  // false: nothing to do at this time
  std::optional<Time> next_due() const;  // when there will be, if no message comes
  bool has_pending() const { return !pending_.empty(); }

  // Called now and then while a request runs: may receive() what has come meanwhile, a cancellation perhaps.
  void set_pump(std::function<void()> pump) { pump_ = std::move(pump); }

  bool exited() const { return exited_; }
  int status() const { return state_ == State::ShutDown ? 0 : 1; }  // of the process, once it has exited

 private:
  enum class State : uint8_t { Fresh, Running, ShutDown };

  void send(const Json& message);
  void handle(const Json& message, Time now);
  void request(const Json& id, const std::string& method, const Json& params);
  Json answer(const Json& id, const std::string& method, const Json& params);
  void notified(const std::string& method, const Json& params, Time now);
  Json initialize(const Json& params);
  void initialized();
  void schedule_unchecked(Time at);
  void publish(const std::string& uri);

  Files& files_;
  Send send_;
  std::function<void()> pump_;
  Workspace workspace_;
  Client client_;
  State state_ = State::Fresh;
  bool exited_ = false;
  std::deque<Json> pending_;
  std::set<Json> cancelled_;          // ids of requests that wait or run
  std::optional<Json> running_;       // the id of the request that runs
  std::map<std::string, Time> due_;   // diagnostics of documents
};

}  // namespace omc::lsp
