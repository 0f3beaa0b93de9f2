#include "stdlib/http_client.hpp"

#include <algorithm>
#include <memory>

#if __has_include(<curl/curl.h>)
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#define OMC_HAS_CURL 1
#else
#define OMC_HAS_CURL 0
#endif

namespace omc::stdlib {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

bool is_header(std::string_view name, std::string_view value) {
  // RFC 9110, sections 5.1 and 5.5: a name is a token, a value has no control characters but the tab.
  constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
  const auto is_token = [&](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
           kTokenMarks.find(c) != std::string_view::npos;
  };
  const auto is_control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token) &&
         std::none_of(value.begin(), value.end(), is_control);
}

const std::string* find_header(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [found, value] : headers)
    if (same_name(found, name)) return &value;
  return nullptr;
}

#if OMC_HAS_CURL

namespace {

// The functions of the loaded library, one row each.
// clang-format off
#define OMC_CURL_FUNCTIONS(F) \
  F(global_init)              \
  F(easy_init)                \
  F(easy_setopt)              \
  F(easy_getinfo)             \
  F(easy_strerror)            \
  F(easy_cleanup)             \
  F(slist_append)             \
  F(slist_free_all)           \
  F(multi_init)               \
  F(multi_add_handle)         \
  F(multi_remove_handle)      \
  F(multi_perform)            \
  F(multi_poll)               \
  F(multi_info_read)          \
  F(multi_cleanup)            \
  F(multi_strerror)
// clang-format on

struct Curl {
#define OMC_CURL_MEMBER(name) decltype(&::curl_##name) name = nullptr;
  OMC_CURL_FUNCTIONS(OMC_CURL_MEMBER)
#undef OMC_CURL_MEMBER
  bool loaded = false;

  Curl() {
    void* library = nullptr;
    for (const char* file : {"libcurl.so.4", "libcurl-gnutls.so.4"})
      if (!library) library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    bool complete = true;
#define OMC_CURL_LOAD(name)                                                 \
  name = reinterpret_cast<decltype(name)>(::dlsym(library, "curl_" #name)); \
  complete = complete && name != nullptr;
    OMC_CURL_FUNCTIONS(OMC_CURL_LOAD)
#undef OMC_CURL_LOAD
    loaded = complete && global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  }
};

// Immutable once made, hence shared by all Vms; never unloaded.
const Curl& curl() {
  static const Curl library;
  return library;
}

class Exchange {
 public:
  explicit Exchange(const HttpRequest& request)
      : request_(request), easy_(curl().easy_init()), multi_(curl().multi_init()) {}
  ~Exchange() {
    if (added_) curl().multi_remove_handle(multi_, easy_);
    if (multi_) curl().multi_cleanup(multi_);
    if (easy_) curl().easy_cleanup(easy_);
    curl().slist_free_all(header_lines_);
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  std::variant<HttpAnswer, HttpFailure> run(const std::function<void()>& watch);

 private:
  template <class T>
  void set(CURLoption option, T value) {
    curl().easy_setopt(easy_, option, value);
  }
  void prepare();
  void prepare_body();
  void add_header_line(const std::string& line) {
    if (curl_slist* longer = curl().slist_append(header_lines_, line.c_str())) header_lines_ = longer;
  }

  static size_t on_body(char* data, size_t, size_t size, void* self) {
    Exchange& e = *static_cast<Exchange*>(self);
    if (size > e.request_.max_answer_bytes - e.answer_.body.size()) {
      e.too_large_ = true;
      return 0;
    }
    e.answer_.body.append(data, size);
    return size;
  }
  static size_t on_header(char* data, size_t, size_t size, void* self);
  static size_t on_read(char* to, size_t, size_t room, void* self) {
    Exchange& e = *static_cast<Exchange*>(self);
    const size_t size = e.request_.body.copy(to, room, e.sent_);
    e.sent_ += size;
    return size;
  }
  static int on_seek(void* self, curl_off_t offset, int origin) {
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<Exchange*>(self)->sent_ = static_cast<size_t>(offset);
    return CURL_SEEKFUNC_OK;
  }

  const HttpRequest& request_;
  CURL* easy_;
  CURLM* multi_;
  bool added_ = false;
  curl_slist* header_lines_ = nullptr;
  HttpAnswer answer_;
  size_t sent_ = 0;
  bool too_large_ = false;
  char reason_[CURL_ERROR_SIZE] = "";
};

size_t Exchange::on_header(char* data, size_t, size_t size, void* self) {
  HttpHeaders& headers = static_cast<Exchange*>(self)->answer_.headers;
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {  // of the next answer: a redirect was followed
    headers.clear();
    return size;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), lower);
  std::string_view value = line.substr(colon + 1);
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  headers.emplace_back(std::move(name), value);
  return size;
}

void Exchange::prepare_body() {
  using Method = HttpRequest::Method;
  switch (request_.method) {
    case Method::Get: set(CURLOPT_HTTPGET, 1L); break;
    case Method::Head: set(CURLOPT_NOBODY, 1L); break;
    case Method::Delete: set(CURLOPT_CUSTOMREQUEST, "DELETE"); break;
    case Method::Post:
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
      set(CURLOPT_POSTFIELDS, request_.body.c_str());
      break;
    case Method::Put:  // as an upload, so that a redirect can make it a GET
      set(CURLOPT_UPLOAD, 1L);
      set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
      set(CURLOPT_READFUNCTION, &on_read);
      set(CURLOPT_READDATA, this);
      set(CURLOPT_SEEKFUNCTION, &on_seek);
      set(CURLOPT_SEEKDATA, this);
      break;
  }
}

void Exchange::prepare() {
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, reason_);
  set(CURLOPT_URL, request_.url.c_str());
#if LIBCURL_VERSION_NUM >= 0x075500
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  set(CURLOPT_REDIR_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  set(CURLOPT_FOLLOWLOCATION, request_.max_redirects > 0 ? 1L : 0L);
  set(CURLOPT_MAXREDIRS, request_.max_redirects);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout_ms));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout_ms));
  set(CURLOPT_USERAGENT, "omc");
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, this);
  prepare_body();

  for (const auto& [name, value] : request_.headers) add_header_line(value.empty() ? name + ";" : name + ": " + value);
  // Otherwise larger bodies wait up to a second for servers that do not know of it.
  if (!find_header(request_.headers, "Expect")) add_header_line("Expect:");
  set(CURLOPT_HTTPHEADER, header_lines_);
}

std::variant<HttpAnswer, HttpFailure> Exchange::run(const std::function<void()>& watch) {
  if (!easy_ || !multi_) return HttpFailure{"out of memory"};
  if (request_.url.find('\0') != std::string::npos) return HttpFailure{"the address contains a zero byte"};
  prepare();
  added_ = curl().multi_add_handle(multi_, easy_) == CURLM_OK;
  if (!added_) return HttpFailure{"out of memory"};

  for (int running = 1; running != 0;) {
    CURLMcode code = curl().multi_perform(multi_, &running);
    if (code == CURLM_OK && running != 0) code = curl().multi_poll(multi_, nullptr, 0, 50, nullptr);
    if (code != CURLM_OK) return HttpFailure{curl().multi_strerror(code)};
    watch();
  }
  int waiting = 0;
  const CURLMsg* message = curl().multi_info_read(multi_, &waiting);
  const CURLcode result = message ? message->data.result : CURLE_FAILED_INIT;
  if (too_large_)
    return HttpFailure{"the answer is larger than " + std::to_string(request_.max_answer_bytes >> 20) + " MB"};
  if (result != CURLE_OK) return HttpFailure{reason_[0] != 0 ? reason_ : curl().easy_strerror(result)};
  long status = 0;
  curl().easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  answer_.status = static_cast<int>(status);
  const char* url = nullptr;
  curl().easy_getinfo(easy_, CURLINFO_EFFECTIVE_URL, &url);
  if (url) answer_.url = url;
  const char* redirect = nullptr;
  curl().easy_getinfo(easy_, CURLINFO_REDIRECT_URL, &redirect);
  if (redirect) answer_.redirect = redirect;
  return std::move(answer_);
}

}  // namespace

bool http_available() {
  return curl().loaded;
}

std::variant<HttpAnswer, HttpFailure> http_exchange(const HttpRequest& request, const std::function<void()>& watch) {
  if (!http_available()) return HttpFailure{"no HTTP library (libcurl) found"};
  return Exchange(request).run(watch);
}

#else

bool http_available() {
  return false;
}

std::variant<HttpAnswer, HttpFailure> http_exchange(const HttpRequest&, const std::function<void()>&) {
  return HttpFailure{"built without networking"};
}

#endif

}  // namespace omc::stdlib
