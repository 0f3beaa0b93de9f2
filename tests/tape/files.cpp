// Files of other programs: what is written reads back, and a file that was cut, altered or made up is refused.

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>

#include "tape/files/npy.hpp"
#include "tape/files/safetensors.hpp"

namespace bdata = boost::unit_test::data;
using namespace omc::tape;

BOOST_AUTO_TEST_SUITE(files)

namespace {

const std::vector<double> kReals = {1.5, -0.0, INFINITY, 1e-310, 0.1, 3};
const std::vector<int64_t> kInts = {INT64_MIN, -1, (int64_t{1} << 53) + 1};
const std::vector<uint8_t> kBools = {1, 0};

std::string sample() {
  const StoredTensor tensors[] = {{"flags", CellType::Bool, {2}, bytes_of<uint8_t>(kBools)},
                                  {"W é \"", CellType::F64, {2, 3}, bytes_of<double>(kReals)},
                                  {"n", CellType::I64, {3}, bytes_of<int64_t>(kInts)},
                                  {"none", CellType::F32, {0, 4}, {}}};
  return write_safetensors(tensors, {{"epoch", "3"}, {"note", "\xc3\xa9\n"}});
}

// A file with this header and as many zero bytes of cells.
std::string made_up(std::string header, size_t cells) {
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(cells, '\0');
}

std::string error_of(std::string_view file) {
  try {
    read_safetensors(file);
  } catch (const Error& e) {
    return e.what();
  }
  return "none";
}

std::string npy(std::string_view header, std::string_view cells) {
  std::string file = "\x93NUMPY";
  file += {1, 0, static_cast<char>(header.size()), 0};
  return file + std::string(header) + std::string(cells);
}

}  // namespace

BOOST_AUTO_TEST_CASE(safetensors_read_back) {
  const std::string file = sample();
  const TensorFile content = read_safetensors(file);
  BOOST_TEST(content.metadata.size() == 2u);
  BOOST_TEST(content.metadata.at("epoch") == "3");
  BOOST_TEST_REQUIRE(content.tensors.size() == 4u);
  const auto named = [&](std::string_view name) {
    return *std::ranges::find(content.tensors, name, &StoredTensor::name);
  };
  const std::vector<double> reals_read = reals(named("W é \""));
  BOOST_TEST(std::memcmp(reals_read.data(), kReals.data(), sizeof(double) * 6) == 0);
  BOOST_TEST(integers(named("n")) == kInts);
  BOOST_TEST(integers(named("flags")) == std::vector<int64_t>({1, 0}));
  BOOST_TEST(named("none").shape == std::vector<int64_t>({0, 4}));
}

BOOST_AUTO_TEST_CASE(every_cut_and_every_altered_bit_is_found) {
  const std::string file = sample();
  for (size_t n = 0; n < file.size(); ++n) BOOST_TEST(error_of(file.substr(0, n)) != "none");
  BOOST_TEST(error_of(file + '\0') != "none");
  for (size_t i = 0; i < file.size(); ++i) {
    if (file[i] == ' ') continue;  // padding behind the header may become another blank
    for (int bit = 0; bit < 8; ++bit) {
      std::string altered = file;
      altered[i] = static_cast<char>(altered[i] ^ (1 << bit));
      // Case of the hash's own key or value aside, nothing may pass; without its key there is no hash to check.
      if (i >= file.find("content_hash") && i < file.find("content_hash") + 12) continue;
      BOOST_TEST(error_of(altered) != "none", "byte " << i << ", bit " << bit);
    }
  }
}

struct Row {
  const char *header, *error;
  size_t cells;
};
static std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.header;
}

const Row kRefused[] = {
    {"", "the header is no JSON object", 0},
    {"[]", "the header is no JSON object", 0},
    {R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})",
     "the name \"a\" stands twice", 8},
    {R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", "cut short?", 4},
    {R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", "1 bytes left over", 9},
    {R"({"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}})", "its shape does not fit its bytes", 8},
    {R"({"a":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}})", "a bad shape", 8},
    {R"({"a":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", "impossible shape", 0},
    {R"({"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}})", "has the dtype \"C64\", which is not supported", 8},
    {R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[8,0]}})", "cut short?", 8},
    {R"({"a":{"dtype":"F64","shape":[1]}})", "lacks dtype, shape or data_offsets", 8},
    {R"({"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"I8","shape":[2],"data_offsets":[1,3]}})",
     "overlaps another", 3},
    {R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"I8","shape":[1],"data_offsets":[2,3]}})",
     "follows a gap", 3},
    {R"({"__metadata__":{"content_hash":"0000000000000000"}})", "the content does not fit its hash", 0},
    {R"({"__metadata__":{"a":1}})", "the metadata \"a\" is no text", 0},
};

// The header was written again, by recursion, for messages and its hash: a hundred megabytes of brackets ended the process.
BOOST_AUTO_TEST_CASE(a_deep_header_is_refused) {
  const std::string deep = std::string(3'000'000, '[') + std::string(3'000'000, ']');
  BOOST_TEST(error_of(made_up(R"({"a":{"dtype":)" + deep + R"(,"shape":[0],"data_offsets":[0,0]}})", 0)) ==
             "not a safetensors file: the header is nested too deep");
}

BOOST_DATA_TEST_CASE(made_up_files_are_refused, bdata::make(kRefused), row) {
  const std::string error = error_of(made_up(row.header, row.cells));
  BOOST_TEST(error.find(row.error) != error.npos, error);
}

BOOST_AUTO_TEST_CASE(narrow_types_become_doubles) {
  const uint16_t halves[] = {0x3c00, 0xc000, 0x0001, 0x7c00, 0x7bff};
  BOOST_TEST(reals({"", CellType::F16, {5}, bytes_of<uint16_t>(halves)}) ==
             std::vector<double>({1, -2, 0x1p-24, INFINITY, 65504}));
  const uint16_t brains[] = {0x3f80, 0xc049};
  BOOST_TEST(reals({"", CellType::BF16, {2}, bytes_of<uint16_t>(brains)}) == std::vector<double>({1, -3.140625}));
  const int8_t bytes[] = {-1, 127};
  BOOST_TEST(integers({"", CellType::I8, {2}, bytes_of<int8_t>(bytes)}) == std::vector<int64_t>({-1, 127}));
  BOOST_TEST(integers({"", CellType::U8, {2}, bytes_of<int8_t>(bytes)}) == std::vector<int64_t>({255, 127}));
}

BOOST_AUTO_TEST_CASE(npy_reads_back) {
  const std::string file = write_npy({"", CellType::F64, {2, 3}, bytes_of<double>(kReals)});
  BOOST_TEST(file.size() == 128 + 48u);
  std::string turned;
  const StoredTensor t = read_npy(file, turned);
  BOOST_TEST(t.shape == std::vector<int64_t>({2, 3}));
  BOOST_TEST(t.cells == bytes_of<double>(kReals));
  for (size_t n = 0; n < file.size(); ++n) BOOST_CHECK_THROW(read_npy(file.substr(0, n), turned), Error);
  BOOST_CHECK_THROW(read_npy(file + 'x', turned), Error);
}

BOOST_AUTO_TEST_CASE(npy_by_columns_is_turned_round) {
  std::string turned;
  const std::string file = npy("{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }", {"\1\4\2\5\3\6", 6});
  BOOST_TEST(integers(read_npy(file, turned)) == std::vector<int64_t>({1, 2, 3, 4, 5, 6}));
}

BOOST_AUTO_TEST_CASE(npy_with_a_strange_header_is_refused) {
  std::string turned;
  for (const char* header : {"", "{}", "{'descr': '<f8'}", "{'descr': '>f8', 'fortran_order': False, 'shape': (), }",
                             "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (), }",
                             "{'descr': '<f8', 'fortran_order': False, 'shape': (x), }",
                             "{'descr': '<f8', 'fortran_order': False, 'shape': (-1), }",
                             "{'descr': '<f8', 'fortran_order': False, 'shape': (2), }"})
    BOOST_CHECK_THROW(read_npy(npy(header, std::string(8, '\0')), turned), Error);
  BOOST_TEST(reals(read_npy(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", std::string(8, '\0')),
                            turned)) == std::vector<double>{0});
}

BOOST_AUTO_TEST_SUITE_END()
