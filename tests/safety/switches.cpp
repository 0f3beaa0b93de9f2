// --sandbox, --allow, --deny, --max-output, as the command line has them.

#include "process.hpp"

using namespace safety;

namespace {

const char* const kProgram = R"omc(
fn try_it(name, f) { try { f(); println(name + ": yes"); } catch e { println(name + ": " + (if str_contains(e, "not permitted") { "no" } else { "failed" })); } }
try_it("own", fn() write_file("in/own.txt", 1));
try_it("link", fn() read_file("in/link"));
try_it("up", fn() read_file("in/../out/secret"));
try_it("write", fn() write_file("out/new", 1));
try_it("run", fn() omc_spawn("true"));
try_it("env", fn() getenv("HOME"));
try_it("net", fn() http_get("http://localhost:1/"));
try_it("clock", fn() now_unix());
try_it("eval", fn() eval_omc_fresh("read_file(\"out/secret\")"));
try_it("import", fn() eval_omc("import \"out/module\";"));
try_it("threads", fn() par_map(fn(x) read_file(x), ["out/secret", "out/secret"]));
)omc";

std::string permitted(std::vector<std::string> switches) {
  const Folder folder;
  fs::create_directories(folder / "in");
  fs::create_directories(folder / "out");
  folder.write("out/secret", "secret");
  folder.write("out/module.omc", "h x = 1;");
  fs::create_symlink("../out/secret", folder / "in/link");
  folder.write("in/p.omc", kProgram);
  switches.push_back("in/p.omc");
  const Ended ended = run(folder, switches);
  BOOST_TEST(ended.error == "");
  std::string names;
  std::istringstream lines(ended.output);
  for (std::string line; std::getline(lines, line);)
    if (!line.ends_with(": no")) names += line.substr(0, line.find(':')) + " ";
  return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(switches)

BOOST_AUTO_TEST_CASE(sandboxes) {
  BOOST_TEST(permitted({}) == "own link up write run env net clock eval import threads ");
  BOOST_TEST(permitted({"--sandbox"}) == "own clock ");
  BOOST_TEST(permitted({"--allow=read:out"}) == "own link up clock eval import threads ");
  BOOST_TEST(permitted({"--sandbox", "--allow", "write:out,run"}) == "own write run clock ");
  BOOST_TEST(permitted({"--allow=env:HOME", "--allow=net:localhost"}) == "own env net clock ");
  BOOST_TEST(permitted({"--allow=env:SHELL,net:localhost:2,run:false"}) == "own clock ");
  BOOST_TEST(permitted({"--sandbox", "--deny=write,clock"}) == "");
  BOOST_TEST(permitted({"--deny=run,read:out"}) == "own write env net clock ");
}

BOOST_AUTO_TEST_CASE(bad_words) {
  const Folder folder;
  folder.write("p.omc", "print(1);");
  for (const char* word : {"--allow=everything", "--deny=read:", "--allow=run,,env", "--max-output=0", "--max-output=x"}) {
    const Ended ended = run(folder, {word, "p.omc"});
    BOOST_TEST(ended.status == 2, word);
    BOOST_TEST(ended.output == "", word);
    BOOST_TEST(ended.error.find("bad value") != std::string::npos, word);
  }
}

BOOST_AUTO_TEST_CASE(output_has_an_end) {
  const Folder folder;
  folder.write("p.omc", "fn f() { while true { try { print(\"1234567\"); } catch e { } finally { print(\"\"); } } }\nf();");
  const Ended ended = run(folder, {"--max-output=1K", "p.omc"});
  BOOST_TEST(ended.status == 1);
  BOOST_TEST(ended.output.size() == 1024u);
  BOOST_TEST(ended.error.starts_with("Error: Output limit exceeded (1K)\n  at f (2:1)"), ended.error);
}

BOOST_AUTO_TEST_SUITE_END()
