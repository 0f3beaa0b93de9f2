// A process that dies while it writes leaves the old content or the new.

#include <random>
#include <set>

#include "process.hpp"

using namespace safety;

namespace {

// Every letter of a file's content is the same, and the whole is there.
bool is_whole(const std::string& text, size_t size) {
  return text.size() == size && text.find_first_not_of(text[0]) == std::string::npos;
}

std::string names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  std::string all;
  for (const std::string& name : names) all += name + " ";
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(killed)

BOOST_AUTO_TEST_CASE(files_are_old_or_new) {
  const Folder folder;
  constexpr size_t kSize = 400'000;
  folder.write("w.omc",
               "h texts = [str_repeat(\"a\", 400000), str_repeat(\"b\", 400000), str_repeat(\"c\", 400000)]; h i = 0;"
               "h w = [tape_var(arr_repeat(1, 40000)), tape_var(arr_repeat(2, 40000))];"
               "while true { i = i + 1; write_file(\"plain\", texts[i % 3]); harmonic_write_file(\"harmonic\", texts[i % 3]);"
               "  tape_save(\"checkpoint\", {\"w\": w[i % 2]}, {\"step\": i}); }");
  folder.write("again.omc",
               "write_file(\"plain\", str_repeat(\"z\", 400000)); println(len(read_file(\"plain\")));"
               "println(if file_exists(\"checkpoint\") { h w = tape_load(\"checkpoint\")[\"w\"][0]; [len(w), arr_min(w) == arr_max(w)] } else { [40000, true] });");
  std::mt19937 random(7);
  const std::string start(kSize, 'a');
  for (size_t i = 0; i < times(12); ++i) {
    if (i % 4 == 0) {
      folder.write("plain", start);
      folder.write("harmonic", start);
    }
    Process writer(folder, {"w.omc"});
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 120'000));
    writer.send(SIGKILL);
    BOOST_TEST(writer.wait().status == -SIGKILL);
    for (const char* name : {"plain", "harmonic"})
      BOOST_TEST(is_whole(content(folder / name), kSize), name << " has " << content(folder / name).size() << " bytes");
    // A checkpoint has a hash of its content; what was left behind hinders nobody, and is gone after the next who writes.
    const Ended again = run(folder, {"again.omc"});
    BOOST_TEST(again.output == "400000\n[40000, true]\n", again.output << again.error);
    BOOST_TEST(names_in(folder.path()).find("tmp") == std::string::npos, names_in(folder.path()));
  }
}

BOOST_AUTO_TEST_CASE(packages_are_old_or_new) {
  const Folder folder;
  constexpr size_t kSize = 300'000;
  for (const char letter : {'a', 'b'}) folder.write(std::string(1, letter) + ".txt", "#" + std::string(kSize, letter));
  std::mt19937 random(11);
  for (size_t i = 0; i < times(8); ++i) {
    const std::string from = i % 2 ? "a" : "b";
    folder.write("shape.omc", content(folder / (from + ".txt")));
    Process installer(folder, {"--install", "file://" + (folder / "shape.omc").string()});
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
    installer.send(SIGKILL);
    installer.wait();
    if (!fs::exists(folder / "omc_modules/shape.omc")) continue;
    const std::string text = content(folder / "omc_modules/shape.omc");
    BOOST_TEST(is_whole(text.substr(1), kSize), "the package has " << text.size() << " bytes");
    run(folder, {"--install", "file://" + (folder / "shape.omc").string()});
    BOOST_TEST(names_in(folder / "omc_modules") == "shape.omc ");
  }
}

// A limit or a signal that ends the process leaves no temporary file either.
BOOST_AUTO_TEST_CASE(an_orderly_end_leaves_nothing) {
  const Folder folder;
  folder.write("w.omc", "h t = str_repeat(\"a\", 900000); while true { write_file(\"plain\", t); }");
  for (int i = 0; i < 4; ++i) {
    fs::remove(folder / "plain");
    Process writer(folder, {"w.omc"});
    while (!fs::exists(folder / "plain")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::this_thread::sleep_for(std::chrono::milliseconds(17 * i));
    writer.send(i % 2 ? SIGTERM : SIGINT);
    BOOST_TEST(writer.wait().status == (i % 2 ? 143 : 130));
  }
  BOOST_TEST(run(folder, {"--timeout=0.1", "w.omc"}).status == 124);
  for (const auto& entry : fs::directory_iterator(folder.path()))
    BOOST_TEST(entry.path().filename().string().find("tmp") == std::string::npos, entry.path());
}

BOOST_AUTO_TEST_SUITE_END()
