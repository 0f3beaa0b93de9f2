// The rows of all builtins: each is complete, and its example runs and gives what it says.

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <set>

#include "lang/source.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

using namespace omc;

namespace {

struct Row {
  const vm::Builtin* builtin;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.builtin->name; }
};

std::vector<Row> all_rows() {
  std::vector<Row> rows;
#define OMC_FAMILY(name, effect) \
  for (const vm::Builtin& builtin : stdlib::name##_builtins) rows.push_back({&builtin});
#include "stdlib/families.def"
  return rows;
}

// Examples write files.
struct InFolderOfItsOwn {
  InFolderOfItsOwn() {
    std::string folder = (std::filesystem::temp_directory_path() / "omc-examples-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(folder.data()));
    std::filesystem::current_path(folder);
  }
  ~InFolderOfItsOwn() {
    const auto folder = std::filesystem::current_path();
    std::filesystem::current_path(before);
    std::filesystem::remove_all(folder);
  }
  const std::filesystem::path before = std::filesystem::current_path();
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(InFolderOfItsOwn);

BOOST_AUTO_TEST_SUITE(examples)

BOOST_DATA_TEST_CASE(example_gives_what_it_says, boost::unit_test::data::make(all_rows()), row) {
  const std::string_view example = row.builtin->example;
  const size_t comment = example.rfind("  # ");
  vm::Vm machine;
  stdlib::install(machine);
  machine.run(std::make_shared<const lang::Source>("example.omc", ""));  // some ask about the program
  try {
    const std::string shown = vm::display(machine.evaluate(example.substr(0, comment), "example"));
    if (comment != example.npos) BOOST_TEST(shown == example.substr(comment + 4));
  } catch (const vm::Error& e) {
    BOOST_ERROR(example << ": " << e.message);
  }
}

BOOST_DATA_TEST_CASE(row_is_complete, boost::unit_test::data::make(all_rows()), row) {
  const vm::Builtin& builtin = *row.builtin;
  BOOST_TEST(builtin.signature.starts_with('('));
  BOOST_TEST(builtin.signature.find(") -> ") != std::string_view::npos);
  BOOST_TEST(builtin.summary.ends_with('.'));
  BOOST_TEST(builtin.example.find(builtin.name) != std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(no_name_has_two_rows) {
  std::set<std::string_view> names;
  for (const Row& row : all_rows()) BOOST_TEST(names.insert(row.builtin->name).second, row.builtin->name);
}

BOOST_AUTO_TEST_SUITE_END()
