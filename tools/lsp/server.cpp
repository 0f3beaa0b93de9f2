#include "lsp/server.hpp"

#include <algorithm>
#include <exception>

#include "lsp/diagnostics.hpp"
#include "lsp/uri.hpp"

namespace omc::lsp {

namespace {

// A message that is none is put among the others as its own error, so that answers keep the order of the questions.
constexpr const char* kBroken = "broken";

Json broken(const Json& id, ErrorCode code, std::string_view why) { return {{kBroken, failure(id, code, why)}}; }

// The message, or what is wrong with it.
Json checked(Json message) {
  if (!message.is_object()) return broken(nullptr, ErrorCode::InvalidRequest, "a message is one JSON object");
  const auto id = message.find("id");
  const bool is_request = id != message.end();
  if (is_request && !is_id(*id)) return broken(nullptr, ErrorCode::InvalidRequest, "`id` must be a number or a string");
  const auto version = message.find("jsonrpc");
  if (version == message.end() || *version != "2.0")
    return broken(is_request ? *id : Json(), ErrorCode::InvalidRequest, "`jsonrpc` must be \"2.0\"");
  const auto method = message.find("method");
  if (method == message.end()) {
    // An answer to a question of ours; nothing waits for it.
    if (is_request && (message.contains("result") || message.contains("error"))) return Json::object();
    return broken(is_request ? *id : Json(), ErrorCode::InvalidRequest, "`method` is missing");
  }
  if (!method->is_string()) return broken(is_request ? *id : Json(), ErrorCode::InvalidRequest, "`method` must be a string");
  const auto params = message.find("params");
  if (params != message.end() && !params->is_structured() && !params->is_null())
    return broken(is_request ? *id : Json(), ErrorCode::InvalidRequest, "`params` must be an object or an array");
  message.erase(kBroken);
  return message;
}

bool is_request(const Json& message, const Json& id) {
  const auto found = message.find("id");
  return message.contains("method") && found != message.end() && *found == id;
}

bool offers(const Json& capabilities, const char* pointer) {
  const Json::json_pointer at(pointer);
  return capabilities.is_object() && capabilities.contains(at) && capabilities[at] == true;
}

bool lists(const Json& capabilities, const char* pointer, std::string_view value) {
  const Json::json_pointer at(pointer);
  if (!capabilities.is_object() || !capabilities.contains(at) || !capabilities[at].is_array()) return false;
  return std::ranges::any_of(capabilities[at], [&](const Json& v) { return v == value; });
}

int64_t version_of(const Json& document) {
  const Json* version = optional_member(document, "version");
  return version && version->is_number_integer() ? version->get<int64_t>() : 0;
}

}  // namespace

Server::Server(const vm::Vm& machine, Files& files, Send send) : files_(files), send_(std::move(send)), workspace_(machine, files) {}

void Server::send(const Json& message) { send_(serialized(message)); }

void Server::receive(Frame frame) {
  if (pending_.size() >= kMaxPending) {
    send(failure(nullptr, ErrorCode::InternalError, "too many messages wait"));
    return;
  }
  if (!frame.error.empty()) {
    pending_.push_back(broken(nullptr, ErrorCode::ParseError, frame.error));
    return;
  }
  Json message;
  try {
    message = parsed(frame.body);
  } catch (const std::exception& e) {
    pending_.push_back(broken(nullptr, ErrorCode::ParseError, e.what()));
    return;
  }
  message = checked(std::move(message));
  if (message.value("method", "") == "$/cancelRequest" && !message.contains("id")) {
    // At once, before what waits; of requests that are answered already there is nothing to cancel.
    if (const Json* params = optional_member(message, "params"))
      if (const Json* id = optional_member(*params, "id"))
        if (running_ == *id || std::ranges::any_of(pending_, [&](const Json& m) { return is_request(m, *id); })) cancelled_.insert(*id);
    return;
  }
  pending_.push_back(std::move(message));
}

bool Server::step(Time now) {
  if (exited_) return false;
  if (!pending_.empty()) {
    const Json message = std::move(pending_.front());
    pending_.pop_front();
    handle(message, now);
    return true;
  }
  const auto due = std::ranges::min_element(due_, {}, [](const auto& entry) { return entry.second; });
  if (due == due_.end() || due->second > now) return false;
  const std::string uri = due->first;
  due_.erase(due);
  publish(uri);
  return true;
}

std::optional<Time> Server::next_due() const {
  const auto due = std::ranges::min_element(due_, {}, [](const auto& entry) { return entry.second; });
  return due == due_.end() ? std::nullopt : std::optional(due->second);
}

void Server::handle(const Json& message, Time now) {
  if (const auto error = message.find(kBroken); error != message.end()) return send(*error);
  if (!message.contains("method")) return;
  const std::string method = message["method"];
  const Json params = message.value("params", Json());
  if (message.contains("id")) return request(message["id"], method, params);
  try {
    notified(method, params, now);
  } catch (const std::exception& e) {
    // There is nobody to answer; the client may show it.
    send(notification("window/logMessage", {{"type", 1}, {"message", method + ": " + e.what()}}));
  }
}

void Server::request(const Json& id, const std::string& method, const Json& params) {
  running_ = id;
  Json reply;
  try {
    if (cancelled_.contains(id)) throw RequestError(ErrorCode::RequestCancelled, "the request was cancelled");
    reply = success(id, answer(id, method, params));
  } catch (const RequestError& e) {
    reply = failure(id, e.code, e.what());
  } catch (const Json::exception& e) {
    reply = failure(id, ErrorCode::InvalidParams, e.what());
  } catch (const std::exception& e) {
    reply = failure(id, ErrorCode::InternalError, e.what());
  }
  running_.reset();
  cancelled_.erase(id);
  send(reply);
}

Json Server::answer(const Json& id, const std::string& method, const Json& params) {
  if (state_ == State::ShutDown) throw RequestError(ErrorCode::InvalidRequest, "the server is shut down");
  if (method == "initialize") return initialize(params);
  if (state_ == State::Fresh) throw RequestError(ErrorCode::NotInitialized, "the first request must be initialize");
  if (method == "shutdown") {
    state_ = State::ShutDown;
    due_.clear();
    return nullptr;
  }
  const Feature* feature = find_feature(method);
  if (!feature) throw RequestError(ErrorCode::MethodNotFound, "Method not found: " + method);
  Context context(workspace_, client_, [&] {
    if (pump_) pump_();
    return cancelled_.contains(id);
  });
  return feature->answer(context, params);
}

Json Server::initialize(const Json& params) {
  if (state_ != State::Fresh) throw RequestError(ErrorCode::InvalidRequest, "the server is initialized already");
  const Json none = Json::object();
  const Json* found = optional_member(params, "capabilities");
  const Json& capabilities = found ? *found : none;
  client_.encoding = lists(capabilities, "/general/positionEncodings", "utf-8") ? Encoding::Utf8 : Encoding::Utf16;
  client_.related_information = offers(capabilities, "/textDocument/publishDiagnostics/relatedInformation");
  client_.nested_symbols = offers(capabilities, "/textDocument/documentSymbol/hierarchicalDocumentSymbolSupport");
  client_.markdown = lists(capabilities, "/textDocument/hover/contentFormat", "markdown");
  client_.watches_files = offers(capabilities, "/workspace/didChangeWatchedFiles/dynamicRegistration");

  std::vector<std::string> folders;
  const auto add = [&](const Json* uri) {
    if (!uri || !uri->is_string()) return;
    if (std::optional<std::string> path = path_of(uri->get_ref<const std::string&>())) folders.push_back(std::move(*path));
  };
  if (const Json* list = optional_member(params, "workspaceFolders"); list && list->is_array())
    for (const Json& folder : *list) add(optional_member(folder, "uri"));
  if (folders.empty()) add(optional_member(params, "rootUri"));
  workspace_.set_folders(std::move(folders));

  Json offered = {
      {"positionEncoding", client_.encoding == Encoding::Utf8 ? "utf-8" : "utf-16"},
      {"textDocumentSync", {{"openClose", true}, {"change", 2}, {"save", false}}},
      {"workspace", {{"workspaceFolders", {{"supported", true}, {"changeNotifications", true}}}}},
  };
  for (const Feature* f : features())
    if (!f->capability.empty()) offered[std::string(f->capability)] = f->options ? f->options() : Json(true);
  state_ = State::Running;
  return {{"capabilities", std::move(offered)}, {"serverInfo", {{"name", "omnimcode-lsp"}, {"version", OMC_VERSION}}}};
}

void Server::initialized() {
  if (!client_.watches_files) return;
  send({{"jsonrpc", "2.0"},
        {"id", "watch"},
        {"method", "client/registerCapability"},
        {"params",
         {{"registrations",
           {{{"id", "watch"}, {"method", "workspace/didChangeWatchedFiles"}, {"registerOptions", {{"watchers", {{{"globPattern", "**/*.omc"}}}}}}}}}}}});
}

void Server::notified(const std::string& method, const Json& params, Time now) {
  if (method == "exit") {
    exited_ = true;
    return;
  }
  if (state_ != State::Running) return;
  if (method == "initialized") return initialized();
  if (method == "textDocument/didOpen") {
    const Json& document = member(params, "textDocument");
    const std::string& uri = text_member(document, "uri");
    workspace_.open(uri, version_of(document), text_member(document, "text"));
    due_[uri] = now;
    return schedule_unchecked(now + kDebounce);
  }
  if (method == "textDocument/didChange") {
    const Json& document = member(params, "textDocument");
    std::vector<TextChange> changes;
    for (const Json& change : member(params, "contentChanges")) {
      TextChange one{std::nullopt, text_member(change, "text")};
      if (const Json* range = optional_member(change, "range")) {
        const auto place = [&](const char* end) {
          const Json& at = member(*range, end);
          return Place{number_member(at, "line"), number_member(at, "character")};
        };
        one.range = {place("start"), place("end")};
      }
      changes.push_back(std::move(one));
    }
    const std::string& uri = text_member(document, "uri");
    workspace_.change(uri, version_of(document), changes, client_.encoding);
    due_[uri] = now + kDebounce;
    return schedule_unchecked(now + kDebounce);
  }
  if (method == "textDocument/didClose") {
    const std::string& uri = text_member(member(params, "textDocument"), "uri");
    if (!workspace_.is_open(uri)) return;
    workspace_.close(uri);
    due_.erase(uri);
    send(notification("textDocument/publishDiagnostics", {{"uri", uri}, {"diagnostics", Json::array()}}));
    return schedule_unchecked(now + kDebounce);
  }
  if (method == "workspace/didChangeWatchedFiles") {
    for (const Json& change : member(params, "changes")) workspace_.changed_on_disk(text_member(change, "uri"));
    return schedule_unchecked(now + kDebounce);
  }
  if (method == "workspace/didChangeWorkspaceFolders") {
    const Json& event = member(params, "event");
    std::vector<std::string> folders = workspace_.folders();
    const auto each = [&](const char* key, const auto& f) {
      if (const Json* list = optional_member(event, key); list && list->is_array())
        for (const Json& folder : *list)
          if (const std::optional<std::string> path = path_of(text_member(folder, "uri"))) f(*path);
    };
    each("removed", [&](const std::string& path) { std::erase(folders, path); });
    each("added", [&](const std::string& path) { folders.push_back(path); });
    workspace_.set_folders(std::move(folders));
  }
}

// Documents whose findings are out of date, through a module they import.
void Server::schedule_unchecked(Time at) {
  for (const std::string& uri : workspace_.open_uris())
    if (!workspace_.is_checked(uri)) due_.try_emplace(uri, at);
}

void Server::publish(const std::string& uri) {
  const FilePtr file = workspace_.document(uri);
  const std::optional<int64_t> version = workspace_.version(uri);
  if (!file || !version) return;
  Json found;
  try {
    found = diagnostics_of(Context(workspace_, client_, {}), *file);
  } catch (const std::exception& e) {
    send(notification("window/logMessage", {{"type", 1}, {"message", std::string("diagnostics: ") + e.what()}}));
    return;
  }
  send(notification("textDocument/publishDiagnostics", {{"uri", file->uri}, {"version", *version}, {"diagnostics", std::move(found)}}));
}

}  // namespace omc::lsp
