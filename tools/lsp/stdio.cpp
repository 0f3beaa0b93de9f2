// One thread: while a request runs it looks from time to time whether more has come, so that a cancellation is seen.

#include "lsp/stdio.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace omc::lsp {

namespace {

Time now() { return std::chrono::duration_cast<Time>(std::chrono::steady_clock::now().time_since_epoch()); }

class Connection {
 public:
  Connection(const vm::Vm& machine, Files& files, int input, int output)
      : input_(input), output_(output), server_(machine, files, [this](std::string text) { write(framed(text)); }) {
    server_.set_pump([this] { read(Time(0)); });
  }

  int run() {
    while (!server_.exited() && !broken_) {
      const bool worked = server_.step(now());
      if (ended_ && !worked) break;
      if (!ended_) read(worked || server_.has_pending() ? Time(0) : wait_time());
    }
    return server_.exited() ? server_.status() : 1;
  }

 private:
  Time wait_time() const {
    const std::optional<Time> due = server_.next_due();
    return due ? std::max(Time(0), *due - now()) : Time(-1);
  }

  // What has come, after waiting for so long; for ever below 0.
  void read(Time wait) {
    if (ended_) return;
    pollfd waiting = {input_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(wait.count())) <= 0) return;
    const ssize_t n = ::read(input_, buffer_, sizeof buffer_);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n <= 0) {
      ended_ = true;
      return;
    }
    framer_.feed({buffer_, static_cast<size_t>(n)});
    while (std::optional<Frame> frame = framer_.next()) server_.receive(std::move(*frame));
  }

  void write(std::string_view bytes) {
    while (!bytes.empty() && !broken_) {
      const ssize_t n = ::write(output_, bytes.data(), bytes.size());
      if (n > 0) bytes.remove_prefix(static_cast<size_t>(n));
      else if (errno == EAGAIN) wait_for_room();
      else if (errno != EINTR) broken_ = true;
    }
  }
  void wait_for_room() {
    pollfd waiting = {output_, POLLOUT, 0};
    ::poll(&waiting, 1, -1);
  }

  int input_, output_;
  bool ended_ = false, broken_ = false;
  Framer framer_;
  Server server_;
  char buffer_[64 << 10];
};

}  // namespace

int serve(const vm::Vm& machine, Files& files, int input, int output) {
  return std::make_unique<Connection>(machine, files, input, output)->run();
}

}  // namespace omc::lsp
