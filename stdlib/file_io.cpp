#include "stdlib/file_io.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>  // flock
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <utility>  // exchange

namespace omc::stdlib {

namespace {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  FileDescriptor(const char* path, int flags, mode_t mode = 0) : number_(::open(path, flags | O_CLOEXEC, mode)) {}
  ~FileDescriptor() {
    if (number_ >= 0) ::close(number_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  FileDescriptor(FileDescriptor&& from) noexcept : number_(std::exchange(from.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& from) noexcept {
    std::swap(number_, from.number_);
    return *this;
  }
  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }
  bool close() {  // some systems report a failed write only now
    const int closing = number_;
    number_ = -1;
    return ::close(closing) == 0;
  }

 private:
  int number_ = -1;
};

bool fail(std::error_code& why) {
  why = std::error_code(errno, std::generic_category());
  return false;
}

// A path with a zero byte names no file: the system would read up to it and take another one.
bool is_path(const std::string& path, std::error_code& why) {
  if (path.find('\0') == std::string::npos) return true;
  errno = EINVAL;
  return fail(why);
}

bool write_all(const FileDescriptor& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.number(), text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool write_directly(const std::string& path, std::string_view text, std::error_code& why) {
  FileDescriptor file(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (!file || !write_all(file, text) || !file.close()) return fail(why);
  return true;
}

// Temporary files of this process, for a signal handler that ends it: fixed memory, and a path is complete before its
// number says so.
class Unfinished {
 public:
  explicit Unfinished(const std::string& path) {
    if (path.size() >= sizeof slots[0].path) return;
    for (Slot& slot : slots) {
      int expected = kFree;
      if (!slot.state.compare_exchange_strong(expected, kFilling)) continue;
      path.copy(slot.path, path.size());
      slot.path[path.size()] = '\0';
      slot.state.store(kReady);
      slot_ = &slot;
      return;
    }
  }
  ~Unfinished() {
    if (slot_) slot_->state.store(kFree);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  static void remove_all() {
    for (const Slot& slot : slots)
      if (slot.state.load() == kReady) ::unlink(slot.path);
  }

 private:
  enum : int { kFree, kFilling, kReady };
  struct Slot {
    std::atomic<int> state{kFree};
    char path[4096];
  };
  static Slot slots[4];  // of more threads than that, some leave a file behind
  Slot* slot_ = nullptr;
};
Unfinished::Slot Unfinished::slots[4];

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
}

constexpr std::string_view kTemporaryBegin = ".omc-", kTemporaryEnd = ".tmp";

std::string temporary_beside(const std::string& path) {
  static std::atomic<unsigned> count{0};  // names must differ between the threads of a process
  return folder_of(path) + std::string(kTemporaryBegin) + std::to_string(::getpid()) + "-" + std::to_string(count++) +
         std::string(kTemporaryEnd);
}

// Text on its way into a file. Where the system can (O_TMPFILE), the file has no name until all of it is on the disk: a
// process that is killed meanwhile leaves nothing. A new file then gets its own name at once; one that replaces another
// has a temporary name for the moment between link and rename, since rename alone replaces, and it renames names only.
// Whoever has a named temporary file open holds its lock, so one that nobody has locked was left by a process that died:
// the next to write into that folder removes it.
class Temporary {
 public:
  // False, with errno, when the folder takes no file. `name` makes the names that files have from the beginning.
  bool open(const std::string& target, std::string (*name)(const std::string&)) {
    target_ = target;
    remove_stale(folder_of(target));
    static const bool links_descriptors = ::access("/proc/self/fd", F_OK) == 0;
    if (links_descriptors) file_ = FileDescriptor(folder_of(target).c_str(), O_WRONLY | O_TMPFILE, 0666);
    if (file_) return ::flock(file_.number(), LOCK_EX | LOCK_NB), true;
    for (int tries = 0; tries < 3; ++tries) {
      set_name(name(target));
      file_ = FileDescriptor(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
      if (!file_) return name_.clear(), false;
      ::flock(file_.number(), LOCK_EX);
      struct stat status {};
      if (::fstat(file_.number(), &status) == 0 && status.st_nlink > 0) return true;  // else it was taken for a stale one
    }
    return true;
  }
  ~Temporary() {
    const int saved_errno = errno;
    if (!name_.empty()) ::unlink(name_.c_str());
    unfinished_.reset();
    errno = saved_errno;
  }

  const FileDescriptor& file() const { return file_; }

  // Gives it the target's name; `replaces`: that there is a file of this name already.
  Replacement finish(bool replaces) {
    if (name_.empty()) {
      if (!replaces && link(target_)) return Replacement::Done;
      if (!replaces && errno != EEXIST) return Replacement::NotWritten;
      set_name(temporary_beside(target_));
      if (!link(name_)) return name_.clear(), Replacement::NotWritten;
    }
    if (::rename(name_.c_str(), target_.c_str()) != 0) return Replacement::NotRenamed;
    name_.clear();
    return Replacement::Done;
  }

 private:
  void set_name(std::string name) {
    name_ = std::move(name);
    unfinished_ = std::make_unique<Unfinished>(name_);
  }
  bool link(const std::string& name) const {
    const std::string self = "/proc/self/fd/" + std::to_string(file_.number());
    return ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
  }

  // Looks through a folder once in the life of a process: folders may be large.
  static void remove_stale(const std::string& folder) {
    static std::mutex mutex;
    static std::set<std::string> seen;
    {
      const std::lock_guard lock(mutex);
      if (seen.size() >= 1000 || !seen.insert(folder).second) return;
    }
    std::error_code ignored;
    for (const std::string& name : list_folder(folder, ignored).value_or(std::vector<std::string>())) {
      if (!name.starts_with(kTemporaryBegin) || !name.ends_with(kTemporaryEnd)) continue;
      const std::string path = folder + name;
      const FileDescriptor file(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      struct stat status {};
      if (file && ::fstat(file.number(), &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
          ::flock(file.number(), LOCK_EX | LOCK_NB) == 0)
        ::unlink(path.c_str());
    }
  }

  std::string target_, name_;
  FileDescriptor file_;
  std::unique_ptr<Unfinished> unfinished_;
};

// The file a chain of symbolic links ends at: that one is replaced, the links stay.
std::string behind_links(const std::string& path) {
  std::error_code why;
  const std::filesystem::path real = std::filesystem::canonical(path, why);
  return why ? path : real.string();
}

}  // namespace

std::optional<std::string> read_whole_file(const std::string& path, std::error_code& why) {
  if (!is_path(path, why)) return std::nullopt;
  const FileDescriptor file(path.c_str(), O_RDONLY);
  struct stat status {};
  if (!file || ::fstat(file.number(), &status) != 0) return fail(why), std::nullopt;

  // The size is a guess only: devices and /proc have none, and a file may grow meanwhile.
  constexpr size_t kChunk = 64 << 10;
  std::string text;
  size_t used = 0;
  text.resize(S_ISREG(status.st_mode) && status.st_size > 0 ? static_cast<size_t>(status.st_size) + 1 : kChunk);
  while (true) {
    const ssize_t got = ::read(file.number(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(why), std::nullopt;
    if (got == 0) break;
    used += static_cast<size_t>(got);
    if (used == text.size()) text.resize(used + std::max(used, kChunk));
  }
  text.resize(used);
  return text;
}

// `temporary_for` names the temporary file, where it needs a name from the beginning.
static Replacement replace(const std::string& path, std::string (*temporary_for)(const std::string&),
                           std::string_view text, std::error_code& why) {
  const auto directly = [&] { return write_directly(path, text, why) ? Replacement::Done : Replacement::NotWritten; };
  const auto not_written = [&] { return fail(why), Replacement::NotWritten; };
  if (!is_path(path, why)) return Replacement::NotWritten;
  struct stat old {};
  const bool exists = ::stat(path.c_str(), &old) == 0;
  if (!exists && errno != ENOENT) return not_written();
  // Hard links and foreign owners are lost with a replaced file. A folder is never replaced: the rename says so.
  const bool own =
      exists && S_ISREG(old.st_mode) && old.st_nlink == 1 && old.st_uid == ::geteuid() && old.st_gid == ::getegid();
  if (exists && !own && !S_ISDIR(old.st_mode)) return directly();
  if (exists && ::access(path.c_str(), W_OK) != 0) return not_written();

  const std::string target = exists ? behind_links(path) : path;
  // A link that leads nowhere: opening it creates what it names.
  if (struct stat link{}; !exists && ::lstat(path.c_str(), &link) == 0) return directly();
  Temporary temporary;
  if (!temporary.open(target, temporary_for)) {
    if (exists && (errno == EACCES || errno == EPERM || errno == EROFS)) return directly();
    return not_written();
  }
  const FileDescriptor& file = temporary.file();
  const bool written = write_all(file, text) && (!own || ::fchmod(file.number(), old.st_mode & 07777) == 0) &&
                       ::fsync(file.number()) == 0;
  if (!written) return not_written();
  const Replacement done = temporary.finish(exists);
  if (done != Replacement::Done) fail(why);
  // The folder is not synchronised: after a crash the old content is as good as the new, and waiting costs as much again.
  return done;
}

void remove_unfinished_files() { Unfinished::remove_all(); }

bool replace_file(const std::string& path, std::string_view text, std::error_code& why) {
  return replace(path, temporary_beside, text, why) == Replacement::Done;
}

Replacement replace_file_stepwise(const std::string& path, std::string_view text, std::error_code& why) {
  const auto temporary = [](const std::string& target) {
    std::string name = target + ".tmp." + std::to_string(::getpid());
    ::unlink(name.c_str());  // of a process that had this number and died
    return name;
  };
  return replace(path, temporary, text, why);
}

bool append_to_file(const std::string& path, std::string_view text, std::error_code& why) {
  if (!is_path(path, why)) return false;
  FileDescriptor file(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (!file || !write_all(file, text) || !file.close()) return fail(why);
  return true;
}

std::optional<std::vector<std::string>> list_folder(const std::string& path, std::error_code& why) {
  if (!is_path(path, why)) return std::nullopt;
  struct Close {
    void operator()(DIR* open) const { ::closedir(open); }
  };
  const std::unique_ptr<DIR, Close> folder(::opendir(path.c_str()));
  if (!folder) return fail(why), std::nullopt;
  std::vector<std::string> names;
  while (true) {
    errno = 0;  // only so can the end be told from a failure
    const dirent* entry = ::readdir(folder.get());
    if (!entry && errno != 0) return fail(why), std::nullopt;
    if (!entry) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool make_folder(const std::string& path, std::error_code& why) {
  if (!is_path(path, why)) return false;
  std::filesystem::create_directories(path, why);
  return !why;
}

bool entry_exists(const std::string& path) {
  struct stat status {};
  std::error_code why;
  return is_path(path, why) && ::stat(path.c_str(), &status) == 0;
}

}  // namespace omc::stdlib
