#include "admin/json_cutter.hpp"

#include <vector>

#include <doctest/doctest.h>

using sluice::admin::JsonCutter;

namespace {

std::vector<std::string> cut(JsonCutter& cutter, std::string_view bytes) {
  cutter.feed(bytes);
  std::vector<std::string> objects;
  while (auto object = cutter.next()) objects.push_back(std::move(*object));
  return objects;
}

}  // namespace

TEST_CASE("objects come out one by one, with or without space between them") {
  JsonCutter cutter{1000};
  CHECK(cut(cutter, R"({"a":1}{"b":[{}]} )"
                    "\n\t {}") == std::vector<std::string>{R"({"a":1})", R"({"b":[{}]})", "{}"});
  CHECK_FALSE(cutter.broken());
}

TEST_CASE("braces and quotes inside strings do not count") {
  JsonCutter cutter{1000};
  const std::string tricky = R"({"a":"}{\"}","b\\":"\\"})";
  CHECK(cut(cutter, tricky + tricky) == std::vector{tricky, tricky});
}

TEST_CASE("an object may come byte by byte") {
  JsonCutter cutter{1000};
  const std::string object = R"({"method":"a \" } b","params":["x"]})";
  for (std::size_t i = 0; i + 1 < object.size(); ++i) CHECK(cut(cutter, object.substr(i, 1)).empty());
  CHECK(cut(cutter, "}") == std::vector{object});
}

TEST_CASE("what is no object breaks the stream") {
  for (const char* bad : {"[1]", "1", "\"x\"", "}", "GET / HTTP/1.0\r\n", "{}x"}) {
    JsonCutter cutter{1000};
    static_cast<void>(cut(cutter, bad));
    CHECK_MESSAGE(cutter.broken(), bad);
    CHECK(cut(cutter, "{}").empty());
  }
}

TEST_CASE("an object longer than the limit breaks the stream; many short ones do not") {
  JsonCutter cutter{100};
  std::string many;
  for (int i = 0; i < 100; ++i) many += "{} ";
  CHECK(cut(cutter, many).size() == 100);
  CHECK(cut(cutter, "{\"a\":\"" + std::string(90, 'x')).empty());
  CHECK_FALSE(cutter.broken());
  CHECK(cut(cutter, std::string(10, 'x')).empty());
  CHECK(cutter.broken());
}
