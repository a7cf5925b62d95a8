// sluicectl fmt: files in, files out.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/ctl/sluicectl.hpp"

using namespace sluice::ctl;
using sluice::tests::contains;
using sluice::tests::Ran;
using sluice::tests::sluicectl;

namespace {

namespace fs = std::filesystem;

constexpr const char* untidy = "{\"version\":1, // the format\n\"x-kept\" : \"\\u0041\" }";
constexpr const char* tidy = "{\n  \"version\": 1,  // the format\n  \"x-kept\": \"\\u0041\"\n}\n";
constexpr const char* broken = "{\n  \"version\": 1,\n}\n";

// A folder that goes away with the test.
class Folder {
 public:
  Folder() : path_{fs::temp_directory_path() / ("sluice-fmt-" + std::to_string(getpid()))} {
    fs::create_directory(path_);
  }

  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  ~Folder() { fs::remove_all(path_); }

  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

  [[nodiscard]] std::string write(const std::string& name, const std::string& content) const {
    std::ofstream{*this / name, std::ios::binary} << content;
    return *this / name;
  }

  // Nothing may be left behind beside the files.
  [[nodiscard]] std::ptrdiff_t count() const { return std::distance(fs::directory_iterator{path_}, {}); }

 private:
  fs::path path_;
};

std::string content(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

struct stat status(const std::string& path) {
  struct stat found {};

  CHECK(::lstat(path.c_str(), &found) == 0);
  return found;
}

}  // namespace

TEST_CASE("fmt prints the formatted text and leaves the file") {
  const Folder folder;
  const std::string file = folder.write("a.json", untidy);
  const Ran printed = sluicectl({"fmt", file});
  CHECK(printed.code == ExitCode::good);
  CHECK(printed.out == tidy);
  CHECK(printed.err.empty());
  CHECK(content(file) == untidy);
  CHECK(sluicectl({"fmt", file, "-"}, "[ 1]").out == std::string{tidy} + "[1]\n");
}

TEST_CASE("fmt -w rewrites the file, keeps its mode and follows links") {
  const Folder folder;
  const std::string file = folder.write("a.json", untidy);
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  fs::create_symlink("a.json", folder / "link.json");
  CHECK(sluicectl({"fmt", "-w", folder / "link.json"}).out.empty());
  CHECK(content(file) == tidy);
  CHECK((status(file).st_mode & 07777U) == 0640U);
  CHECK(fs::is_symlink(folder / "link.json"));
  CHECK(folder.count() == 2);

  const auto before = status(file).st_ino;
  const Ran again = sluicectl({"fmt", "--write", "-v", file});
  CHECK(again.code == ExitCode::good);
  CHECK(again.out.empty());
  CHECK(status(file).st_ino == before);
}

TEST_CASE("fmt --check names what would change and writes nothing") {
  const Folder folder;
  const std::string bad = folder.write("bad.json", untidy);
  const std::string good = folder.write("good.json", tidy);
  const Ran found = sluicectl({"fmt", "--check", good, bad});
  CHECK(found.code == ExitCode::no);
  CHECK(found.out == bad + "\n");
  CHECK(content(bad) == untidy);
  CHECK(sluicectl({"fmt", "--check", good}).code == ExitCode::good);
  CHECK(sluicectl({"fmt", "--check", good}).out.empty());
  CHECK(sluicectl({"fmt", "-q", "--check", bad}).out.empty());
  CHECK(sluicectl({"fmt", "--check", "-"}, untidy).out == "-\n");

  const auto json = nlohmann::json::parse(sluicectl({"fmt", "--check", "--json", good, bad}).out);
  CHECK(json["kind"] == "sluicectl.fmt");
  CHECK(json["changed"] == nlohmann::json{bad});
}

TEST_CASE("a file that is not JSON is shown with the place, and the others are formatted") {
  const Folder folder;
  const std::string bad = folder.write("bad.json", broken);
  const std::string good = folder.write("good.json", untidy);
  const Ran ran = sluicectl({"fmt", "-w", "-v", bad, good});
  CHECK(ran.code == ExitCode::no);
  CHECK(ran.out == good + "\n");
  CHECK(contains(ran.err, bad + ":3:1: error[E0101]: "));
  CHECK(contains(ran.err, "    3 | }\n      | ^"));
  CHECK(content(bad) == broken);
  CHECK(content(good) == tidy);
  CHECK(sluicectl({"fmt", "--check", bad}).code == ExitCode::no);
  CHECK(contains(sluicectl({"fmt", "-"}, broken).err, "-:3:1: error[E0101]"));
}

TEST_CASE("what cannot be read or written is 2") {
  const Folder folder;
  const std::string bad = folder.write("bad.json", broken);
  for (const std::string& file : {folder / "missing.json", folder / ""}) {
    const Ran refused = sluicectl({"fmt", file, bad});
    CHECK(refused.code == ExitCode::usage);
    CHECK(contains(refused.err, file + ": error[E0100]: cannot be read: "));
    CHECK(contains(refused.err, "E0101"));
  }
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"fmt"}, {"fmt", "-w", "--check", bad}, {"fmt", "-w", "-"}, {"check", "-w", bad}}) {
    const Ran refused = sluicectl(wrong);
    CHECK(refused.code == ExitCode::usage);
    CHECK(contains(refused.err, "try: sluicectl help "));
  }
}

TEST_CASE("only a regular file is replaced") {
  const Folder folder;
  const std::string pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer{[&pipe] { std::ofstream{pipe} << untidy; }};
  const Ran refused = sluicectl({"fmt", "-w", pipe});
  writer.join();
  CHECK(refused.code == ExitCode::usage);
  CHECK(contains(refused.err, "cannot be written: it is no regular file\ntry: sluicectl fmt "));
  CHECK(fs::is_fifo(pipe));
  CHECK(folder.count() == 1);
}

TEST_CASE("help says what fmt does") {
  const Ran help = sluicectl({"help", "fmt"});
  CHECK(help.code == ExitCode::good);
  CHECK(contains(help.out, "usage: sluicectl fmt [-w|--check] FILE..."));
  CHECK(contains(help.out, "--write"));
  CHECK(contains(help.out, "--check"));
}
