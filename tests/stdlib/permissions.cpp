// The gate: every builtin of the registry that touches what is outside of its Vm asks first. A builtin whose row does not
// say that it does is watched: the kernel traps its system calls, and the C library reports its looks at clock and
// environment.

#include "stdlib/permissions.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "program.hpp"

using namespace omc;
using namespace omc::stdlib;

namespace {

// --- what is watched ---

const char* touched = nullptr;  // the first thing outside that was touched while watching
bool watching = false;

void touch(const char* what) {
  if (watching && !touched) touched = what;
}

constexpr int kTrapped[] = {
    SYS_open,     SYS_openat,   SYS_openat2, SYS_creat,    SYS_stat,       SYS_lstat,     SYS_newfstatat, SYS_statx,
    SYS_access,   SYS_faccessat, SYS_faccessat2, SYS_readlink, SYS_readlinkat, SYS_rename, SYS_renameat,  SYS_renameat2,
    SYS_unlink,   SYS_unlinkat, SYS_mkdir,   SYS_mkdirat,  SYS_rmdir,      SYS_link,      SYS_linkat,     SYS_symlink,
    SYS_symlinkat, SYS_chmod,   SYS_fchmodat, SYS_chown,   SYS_truncate,   SYS_chdir,     SYS_getdents64, SYS_socket,
    SYS_connect,  SYS_bind,     SYS_fork,    SYS_vfork,    SYS_execve,     SYS_execveat,  SYS_kill,       SYS_utimensat,
};

void on_trap(int, siginfo_t* info, void*) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "system call %d", info->si_syscall);
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, static_cast<size_t>(size));
  _exit(3);
}

bool trap_system_calls() {
  struct sigaction action = {};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSYS, &action, nullptr);
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (const int number : kTrapped) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// --- the builtins ---

struct Row {
  const vm::Builtin* builtin;
  vm::Effect effect;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.builtin->name; }
};

std::vector<Row> all_rows() {
  std::vector<Row> rows;
#define OMC_FAMILY(name, otherwise)                    \
  for (const vm::Builtin& builtin : name##_builtins) \
    rows.push_back({&builtin, builtin.effect == vm::Effect::OfFamily ? vm::Effect::otherwise : builtin.effect});
#include "stdlib/families.def"
  return rows;
}

// Texts of calls that get far enough to touch something, if the builtin does.
std::vector<std::string> calls(const vm::Builtin& builtin) {
  const std::string name(builtin.name);
  std::vector<std::string> all{std::string(builtin.example.substr(0, builtin.example.rfind("  # ")))};
  for (const char* arguments : {"\"x\"", "\"x\", \"x\"", "\"x\", \"x\", \"x\"", "\"GET\", \"http://localhost:1/\"", "[[\"x\"]]",
                                "\"x\", []", "1", "1, 1", ""})
    if (name != "print" && name != "input") all.push_back(name + "(" + arguments + ")");
  return all;
}

struct Capture : vm::Output {
  std::string text;
  void write(std::string_view more) override { text += more; }
};

// In a process of its own: runs every call with everything denied. What was said, and what was touched.
struct Answer {
  std::string said, touched;
};

Answer with_everything_denied(const Row& row) {
  int said[2], trapped[2];
  BOOST_REQUIRE(::pipe(said) == 0 && ::pipe(trapped) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(trapped[1], STDERR_FILENO);
    vm::VmOptions options;
    options.threads = options.tape_threads = 1;
    options.heap.hard = 256u << 20;
    vm::Vm machine(options);
    Capture output;
    machine.set_output(output);
    install(machine);
    machine.run(std::make_shared<const lang::Source>("example.omc", ""));
    // Libraries are loaded at their first use and then read what is theirs: settings, random bytes, sizes of streams.
    std::getchar();
    for (const char* first_use : {"sha256(1)", "h c = sqlite_connect(\":memory:\"); sqlite_run(c, \"CREATE TABLE t (x)\");"
                                               "sqlite_run(c, \"INSERT INTO t VALUES (random())\");"})
      machine.evaluate(first_use, "first use");
    auto& permissions = machine.state<Permissions>();
    for (size_t p = 0; p < kPermissionCount; ++p) permissions.deny(static_cast<Permission>(p));
    if (!trap_system_calls()) _exit(4);
    watching = true;
    for (const std::string& call : calls(*row.builtin)) {
      try {
        machine.evaluate(call, "call");
      } catch (const vm::Error& e) {
        output.text += e.kind == vm::ErrorKind::Thrown ? vm::display(e.thrown) : e.message;
      }
    }
    watching = false;
    [[maybe_unused]] ssize_t written = ::write(said[1], output.text.data(), std::min<size_t>(output.text.size(), 60000));
    if (touched) written = ::write(STDERR_FILENO, touched, std::strlen(touched));
    _exit(touched ? 3 : 0);
  }
  ::close(said[1]);
  ::close(trapped[1]);
  const auto all = [](int fd) {
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
    ::close(fd);
    return text;
  };
  Answer answer{all(said[0]), all(trapped[0])};
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST_REQUIRE((!WIFEXITED(status) || WEXITSTATUS(status) != 4), "no seccomp here");
  if (!WIFEXITED(status)) answer.touched += " died of signal " + std::to_string(WTERMSIG(status));
  else if (WEXITSTATUS(status) == 0) answer.touched.clear();  // warnings of libraries
  return answer;
}

}  // namespace

extern "C" {
extern char** environ;

// Instead of those of the C library, for the whole program.
char* getenv(const char* name) {
  touch("the environment");
  const size_t size = std::strlen(name);
  for (char** entry = environ; entry && *entry; ++entry)
    if (std::strncmp(*entry, name, size) == 0 && (*entry)[size] == '=') return *entry + size + 1;
  return nullptr;
}

int clock_gettime(clockid_t clock, timespec* time) {
  touch("the clock");
  return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
}
}

BOOST_AUTO_TEST_SUITE(permissions)

BOOST_DATA_TEST_CASE(every_builtin_passes_the_gate, boost::unit_test::data::make(all_rows()), row) {
  const Answer answer = with_everything_denied(row);
  BOOST_TEST(answer.touched == "", "touches " << answer.touched << " without asking");
  BOOST_TEST((answer.said.find("not permitted") != std::string::npos) == (row.effect == vm::Effect::Outside),
             "its row must say Effect::Outside exactly when it asks; it said: " << answer.said.substr(0, 300));
}

BOOST_AUTO_TEST_CASE(an_ungated_builtin_is_noticed) {
  static constexpr vm::Builtin kRows[] = {
      {"peek", "(path?) -> int", "", "peek(\"/\")",
       [](vm::Vm&, vm::Args) { return vm::Value::integer(::access("/", F_OK)); }},
      {"when", "() -> int", "", "when()", [](vm::Vm&, vm::Args) { return vm::Value::integer(std::time(nullptr)); }},
      {"who", "() -> int", "", "who()", [](vm::Vm&, vm::Args) { return vm::Value::integer(getenv("HOME") != nullptr); }},
  };
  // time() may not pass through clock_gettime everywhere, the other two must be seen.
  for (const size_t i : {size_t{0}, size_t{2}}) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(STDERR_FILENO);
      vm::Vm machine;
      machine.add_builtins(kRows, "rows");
      if (!trap_system_calls()) _exit(4);
      watching = true;
      machine.evaluate(kRows[i].example, "call");
      _exit(touched ? 3 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 3), kRows[i].name);
  }
}

BOOST_AUTO_TEST_CASE(rules) {
  const auto permits = [](std::initializer_list<const char*> allow, std::initializer_list<const char*> deny, Permission p,
                          std::string_view target) {
    Permissions permissions;
    permissions.close();
    for (const char* words : allow) BOOST_TEST_REQUIRE(permissions.allow(words), words);
    for (const char* words : deny) BOOST_TEST_REQUIRE(permissions.deny(words), words);
    return permissions.permits(p, target);
  };
  BOOST_TEST(!permits({}, {}, Permission::Read, "/etc/passwd"));
  BOOST_TEST(permits({}, {}, Permission::Clock, ""));
  BOOST_TEST(!permits({}, {"clock"}, Permission::Clock, ""));
  BOOST_TEST(permits({"read"}, {}, Permission::Read, "/etc/passwd"));
  BOOST_TEST(!permits({"read"}, {}, Permission::Write, "/etc/passwd"));
  BOOST_TEST(permits({"read:/etc"}, {}, Permission::Read, "/etc/passwd"));
  BOOST_TEST(permits({"read:/etc/"}, {}, Permission::Read, "/etc"));
  BOOST_TEST(!permits({"read:/etc"}, {}, Permission::Read, "/etcetera"));
  BOOST_TEST(!permits({"read:/etc"}, {}, Permission::Read, "/etc/../root"));
  BOOST_TEST(!permits({"read"}, {"read:/etc"}, Permission::Read, "/etc/passwd"));
  BOOST_TEST(!permits({"read:/etc/passwd"}, {"read:/etc"}, Permission::Read, "/etc/passwd"));
  BOOST_TEST(permits({"run:ls"}, {}, Permission::Run, "ls"));
  BOOST_TEST(!permits({"run:ls"}, {}, Permission::Run, "/tmp/ls"));
  BOOST_TEST(permits({"env:HOME"}, {}, Permission::Environment, "HOME"));
  BOOST_TEST(!permits({"env:HOME"}, {}, Permission::Environment, "HOM"));
  BOOST_TEST(permits({"net:example.com"}, {}, Permission::Network, "https://Example.COM:8443/x"));
  BOOST_TEST(permits({"net:example.com:443"}, {}, Permission::Network, "https://example.com/x"));
  BOOST_TEST(!permits({"net:example.com:443"}, {}, Permission::Network, "http://example.com/x"));
  for (const char* url : {"http://example.com@evil.org/", "http://evil.org#@example.com/", "http://evil.org/@example.com",
                          "http://evil.org\\@example.com/", "http://example.com.evil.org/", "http://evil.org?@example.com",
                          "example.com", "file:///etc/passwd", "http:///example.com", "http://"})
    BOOST_TEST(!permits({"net:example.com"}, {}, Permission::Network, url), url);
  for (const char* words : {"", "reed", "read:", "clock:x", "Read", "net :x"}) BOOST_TEST(!Permissions().allow(words), words);
  Permissions open;
  BOOST_TEST(open.permits(Permission::Read, "/etc/passwd"));
  open.deny("read:/etc");
  BOOST_TEST(!open.permits(Permission::Read, "/etc/passwd"));
  BOOST_TEST(open.permits(Permission::Read, "/usr"));
}

BOOST_AUTO_TEST_CASE(links_lead_nowhere) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("omc-links-" + std::to_string(::getpid()));
  fs::create_directories(folder / "in");
  fs::create_directories(folder / "out");
  std::ofstream(folder / "out/secret") << "secret";
  fs::create_symlink("../out/secret", folder / "in/link");
  fs::create_symlink("../out/new", folder / "in/dangling");
  fs::create_symlink("../out", folder / "in/folder");
  fs::create_symlink("circle", folder / "in/circle");
  Permissions permissions;
  permissions.close();
  permissions.allow("read:" + (folder / "in").string());
  for (const char* name : {"in/link", "in/dangling", "in/folder/secret", "in/folder/none", "out/secret", "in/../out/secret"})
    BOOST_TEST(!permissions.permits(Permission::Read, (folder / name).string()), name);
  for (const char* name : {"in", "in/x", "in/y/z", "in/./x", "out/../in/x"})
    BOOST_TEST(permissions.permits(Permission::Read, (folder / name).string()), name);
  permissions.permits(Permission::Read, (folder / "in/circle").string());  // ends
  fs::remove_all(folder);
}

BOOST_AUTO_TEST_SUITE_END()
