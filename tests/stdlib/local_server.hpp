#pragma once
// An HTTP server on a free port of this machine, for as long as the object lives: it records what it is asked and
// answers what the test decides.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct ServedRequest {
  std::string method, target, head, body;

  // The value of a header line; "(none)" without one.
  std::string header(std::string_view name) const {
    size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return "(none)";
    at += name.size() + 4;
    return head.substr(at, head.find("\r\n", at) - at);
  }
};

class LocalServer {
 public:
  // Returns all of the answer, status line included.
  using Answer = std::function<std::string(const ServedRequest&)>;

  explicit LocalServer(Answer answer)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("cannot listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LocalServer() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  std::string url(const std::string& target) const { return "http://127.0.0.1:" + std::to_string(port_) + target; }
  std::vector<ServedRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  static std::string answer(int status, std::string_view headers, std::string_view body) {
    return "HTTP/1.1 " + std::to_string(status) +
           " Some Reason\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(headers) + "\r\n" + std::string(body);
  }

 private:
  void serve() {
    while (!stopping_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) continue;
      handle(connection);
      ::close(connection);
    }
  }

  void handle(int connection) {
    std::string text;
    size_t head_end = std::string::npos, length = 0;
    while (!stopping_) {
      head_end = text.find("\r\n\r\n");
      if (head_end != std::string::npos) {
        const size_t at = text.find("\r\nContent-Length: ");
        length = at < head_end ? std::strtoul(text.c_str() + at + 18, nullptr, 10) : 0;
        if (text.size() >= head_end + 4 + length) break;
      }
      pollfd waiting{connection, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      char block[4096];
      const ssize_t got = ::recv(connection, block, sizeof block, 0);
      if (got <= 0) return;
      text.append(block, static_cast<size_t>(got));
    }
    if (stopping_) return;
    ServedRequest request;
    request.head = text.substr(0, head_end) + "\r\n";
    request.body = text.substr(head_end + 4);
    request.method = text.substr(0, text.find(' '));
    const size_t target = request.method.size() + 1;
    request.target = text.substr(target, text.find(' ', target) - target);
    const std::string reply = answer_(request);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(std::move(request));
    }
    for (size_t sent = 0; sent < reply.size();) {
      const ssize_t more = ::send(connection, reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
      if (more <= 0) return;
      sent += static_cast<size_t>(more);
    }
  }

  Answer answer_;
  int listener_;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<ServedRequest> requests_;
  std::thread thread_;
};
