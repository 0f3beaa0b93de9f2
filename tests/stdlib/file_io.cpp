#include "stdlib/file_io.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <filesystem>

using namespace omc::stdlib;
namespace fs = std::filesystem;

namespace {

// An empty folder, removed at the end.
struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "omc-file-io-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(name.data()));
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
};

std::string content(const std::string& path) {
  std::error_code why;
  return read_whole_file(path, why).value_or("(" + why.message() + ")");
}

int failure(const std::string& path) {
  std::error_code why;
  return replace_file(path, "text", why) ? 0 : why.value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_io)

BOOST_AUTO_TEST_CASE(writes_and_reads_any_bytes) {
  const Folder folder;
  std::error_code why;
  for (const size_t size : {0u, 1u, 65'535u, 65'536u, 65'537u, 1'000'000u}) {
    std::string text(size, 'x');
    for (size_t i = 0; i < size; i += 7) text[i] = static_cast<char>(i);
    BOOST_TEST(replace_file(folder / "f", text, why));
    BOOST_CHECK(content(folder / "f") == text);
  }
  BOOST_TEST(append_to_file(folder / "g", "a", why));
  BOOST_TEST(append_to_file(folder / "g", "b", why));
  BOOST_TEST(content(folder / "g") == "ab");
  BOOST_TEST(*list_folder(folder.path.string(), why) == (std::vector<std::string>{"f", "g"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_has_no_size_is_read_to_its_end) {
  BOOST_TEST(content("/proc/self/status").find("Name:") == 0u);
  BOOST_TEST(content("/dev/null") == "");
}

BOOST_AUTO_TEST_CASE(replacing_keeps_permissions_and_links) {
  const Folder folder;
  std::error_code why;
  BOOST_REQUIRE(replace_file(folder / "f", "old", why));
  BOOST_REQUIRE(::chmod((folder / "f").c_str(), 0751) == 0);
  fs::create_symlink("f", folder / "link");
  BOOST_TEST(replace_file(folder / "link", "new", why));
  BOOST_TEST(content(folder / "f") == "new");
  BOOST_TEST(fs::is_symlink(folder / "link"));
  struct stat status {};
  BOOST_REQUIRE(::stat((folder / "f").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777) == 0751u);

  fs::create_hard_link(folder / "f", folder / "twin");
  BOOST_TEST(replace_file(folder / "f", "both", why));
  BOOST_TEST(content(folder / "twin") == "both");

  fs::create_symlink("made", folder / "to-nothing");
  BOOST_TEST(replace_file(folder / "to-nothing", "x", why));
  BOOST_TEST(content(folder / "made") == "x");
  BOOST_TEST(fs::is_symlink(folder / "to-nothing"));
  // Nothing else was left behind.
  BOOST_TEST(list_folder(folder.path.string(), why)->size() == 5u);
}

BOOST_AUTO_TEST_CASE(what_dead_processes_left_is_removed) {
  const Folder folder;
  std::error_code why;
  for (const char* name : {".omc-1-0.tmp", ".omc-1-1.tmp", ".omc-mine", "x.tmp.1"})
    BOOST_REQUIRE(append_to_file(folder / name, "half of", why));
  // Somebody else writes this one.
  const int file = ::open((folder / ".omc-1-1.tmp").c_str(), O_RDONLY);
  BOOST_REQUIRE(::flock(file, LOCK_EX) == 0);
  BOOST_TEST(replace_file(folder / "f", "text", why));
  ::close(file);
  BOOST_TEST(*list_folder(folder.path.string(), why) == (std::vector<std::string>{".omc-1-1.tmp", ".omc-mine", "f", "x.tmp.1"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_new_file_follows_the_umask) {
  const Folder folder;
  std::error_code why;
  const mode_t before = ::umask(027);
  BOOST_TEST(replace_file(folder / "f", "", why));
  ::umask(before);
  struct stat status {};
  BOOST_REQUIRE(::stat((folder / "f").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777) == 0640u);
}

BOOST_AUTO_TEST_CASE(devices_are_written_directly) {
  std::error_code why;
  BOOST_TEST(replace_file("/dev/null", "text", why));
  BOOST_TEST(failure("/dev/full") == ENOSPC);
}

BOOST_AUTO_TEST_CASE(failures_carry_the_reason_of_the_system) {
  const Folder folder;
  std::error_code why;
  BOOST_TEST(failure(folder / "no/such/folder") == ENOENT);
  BOOST_TEST(failure(folder.path.string()) == EISDIR);
  BOOST_TEST(failure("") == ENOENT);
  BOOST_TEST(failure(std::string("a\0b", 3)) == EINVAL);
  BOOST_TEST(!read_whole_file(folder.path.string(), why));
  BOOST_TEST(why.value() == EISDIR);
  BOOST_TEST(!list_folder(folder / "none", why));
  BOOST_TEST(why.value() == ENOENT);
  BOOST_TEST(!entry_exists(""));
  BOOST_TEST(entry_exists("/"));
  BOOST_TEST(!entry_exists(std::string("/\0", 2)));
}

BOOST_AUTO_TEST_SUITE_END()
