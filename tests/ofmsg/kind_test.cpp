#include "ofmsg/kind.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "ofmsg/error.hpp"
#include "tests/ofmsg/corpus.hpp"

namespace sluice::ofmsg {

namespace {

Bytes message(unsigned version, unsigned type, std::size_t size) {
  Bytes bytes(size);
  store<std::uint8_t>(bytes, 0, static_cast<std::uint8_t>(version));
  store<std::uint8_t>(bytes, 1, static_cast<std::uint8_t>(type));
  store<std::uint16_t>(bytes, 2, static_cast<std::uint16_t>(size));
  return bytes;
}

Result<Kind> kind_of(const Bytes& bytes) {
  const std::optional<FrameView> frame = FrameView::of(bytes);
  REQUIRE(frame);
  return kind_of(*frame);
}

Bytes smallest(const KindFacts& row, Version v) {
  Bytes bytes = message(static_cast<unsigned>(v), static_cast<unsigned>(row.type[index(v)]), row.min_size[index(v)]);
  if (row.is_multipart()) store<std::uint16_t>(bytes, 8, static_cast<std::uint16_t>(row.multipart));
  return bytes;
}

// What the corpus calls a message, in our words: "STATS_REQUEST/FLOW" is a flow_stats_request.
std::string our_name(std::string type) {
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::string first = type.substr(0, type.find('/'));
  const bool request = first == "stats_request" || first == "multipart_request";
  const bool reply = first == "stats_reply" || first == "multipart_reply";
  if (!request && !reply) {
    if (first == "vendor") return "experimenter";
    return first == "badversion" ? "hello" : first;
  }
  std::string part = type.substr(type.find('/') + 1);
  part = part.substr(0, part.find('/'));
  const std::map<std::string, std::string> renamed{{"flow", "flow_stats"},
                                                   {"flow_desc", "flow_stats"},
                                                   {"flow_stats", "flow_stats_light"},
                                                   {"table", "table_stats"},
                                                   {"port", "port_stats"},
                                                   {"queue", "queue_stats"},
                                                   {"group", "group_stats"},
                                                   {"meter", "meter_stats"},
                                                   {"meter_desc", "meter_config"},
                                                   {"vendor", "experimenter_stats"},
                                                   {"experimenter", "experimenter_stats"}};
  const auto found = renamed.find(part);
  return (found != renamed.end() ? found->second : part) + (request ? "_request" : "_reply");
}

}  // namespace

TEST_CASE("names go there and back") {
  for (std::size_t i = 0; i < kind_count; ++i) {
    const Kind kind = static_cast<Kind>(i);
    CHECK(facts(kind).kind == kind);
    CHECK(parse_kind(text(kind)) == kind);
  }
  CHECK(text(Kind::flow_mod) == "flow_mod");
  CHECK(!parse_kind("flow-mod"));
  CHECK(!parse_kind(""));
}

TEST_CASE("how many messages and multipart types each version has") {
  // Counted in the specifications: OFPT_ but the two for multipart, and OFPST_ / OFPMP_ (each a request and a reply).
  const std::array<std::size_t, 6> messages{20, 22, 24, 28, 31, 32};
  const std::array<std::size_t, 6> multiparts{7, 9, 10, 15, 18, 21};
  for (const Version v : all_versions) {
    CAPTURE(text(v));
    std::size_t plain = 0;
    std::size_t parts = 0;
    for (std::size_t i = 0; i < kind_count; ++i) {
      const KindFacts& row = facts(static_cast<Kind>(i));
      if (row.in(v)) ++(row.is_multipart() ? parts : plain);
    }
    CHECK(plain == messages[index(v)]);
    CHECK(parts == 2 * multiparts[index(v)]);
  }
}

TEST_CASE("each kind is found by its numbers, and not one byte earlier than its smallest size") {
  for (std::size_t i = 0; i < kind_count; ++i) {
    const KindFacts& row = facts(static_cast<Kind>(i));
    for (const Version v : all_versions) {
      if (!row.in(v)) continue;
      CAPTURE(row.name);
      CAPTURE(text(v));
      Bytes bytes = smallest(row, v);
      const Result<Kind> found = kind_of(bytes);
      REQUIRE(found);
      CHECK(*found == row.kind);
      if (bytes.size() == header_size) continue;

      bytes.pop_back();
      store<std::uint16_t>(bytes, 2, static_cast<std::uint16_t>(bytes.size()));
      const Result<Kind> cut = kind_of(bytes);
      REQUIRE(!cut);
      CHECK(cut.error().reason == Reason::truncated);
      CHECK(cut.error().have == bytes.size());
      CHECK(cut.error().need == bytes.size() + 1);
      CHECK(cut.error().version == v);
    }
  }
}

TEST_CASE("numbers that a version does not have") {
  const auto reason = [](const Bytes& bytes) {
    const Result<Kind> kind = kind_of(bytes);
    REQUIRE(!kind);
    return kind.error();
  };
  CHECK(reason(message(1, 22, 64)).reason == Reason::bad_type);
  CHECK(reason(message(1, 22, 64)).have == 22);
  CHECK(reason(message(2, 24, 64)).reason == Reason::bad_type);
  CHECK(reason(message(3, 26, 64)).reason == Reason::bad_type);
  CHECK(reason(message(4, 30, 64)).reason == Reason::bad_type);
  CHECK(reason(message(5, 35, 64)).reason == Reason::bad_type);
  CHECK(reason(message(6, 36, 64)).reason == Reason::bad_type);
  CHECK(reason(message(6, 255, 64)).reason == Reason::bad_type);
  // queue_get_config went in 1.4.
  CHECK(reason(message(5, 22, 64)).reason == Reason::bad_type);

  Bytes port_desc = message(1, 16, 64);
  store<std::uint16_t>(port_desc, 8, 13);
  CHECK(reason(port_desc).reason == Reason::bad_multipart);
  CHECK(reason(port_desc).offset == 8);
  CHECK(reason(port_desc).have == 13);
  CHECK(reason(message(4, 18, 9)).reason == Reason::truncated);
}

TEST_CASE("versions that nobody knows") {
  for (const unsigned version : {0U, 7U, 0x41U, 0xffU}) {
    CAPTURE(version);
    const Result<Kind> echo = kind_of(message(version, 2, 8));
    REQUIRE(!echo);
    CHECK(echo.error().reason == Reason::bad_version);
    CHECK(echo.error().have == version);
  }
  CHECK(kind_of(message(7, 0, 8)).value() == Kind::hello);
  CHECK(kind_of(message(255, 0, 24)).value() == Kind::hello);
  CHECK(!kind_of(message(0, 0, 8)));
}

TEST_CASE("more parts to come") {
  const auto more = [](const Bytes& bytes) { return has_more(FrameView::of(bytes).value()); };
  for (const Version v : all_versions) {
    Bytes bytes = smallest(facts(Kind::flow_stats_reply), v);
    CHECK(!more(bytes));
    store<std::uint16_t>(bytes, 10, 1);
    CHECK(more(bytes));
    store<std::uint16_t>(bytes, 10, 0xfffe);
    CHECK(!more(bytes));
  }
  Bytes flow_mod = smallest(facts(Kind::flow_mod), v1_3);
  store<std::uint16_t>(flow_mod, 10, 1);
  CHECK(!more(flow_mod));
  CHECK(!more(message(4, 19, 8)));
  CHECK(!more(message(9, 19, 16)));
}

TEST_CASE("collected messages are the kinds that their collectors say") {
  std::size_t checked = 0;
  for (const corpus::Row& row : corpus::rows()) {
    if (row.at("use") != "gate" || row.at("expect") != "valid") continue;
    CAPTURE(row.at("file"));
    const Bytes bytes = corpus::read(row.at("file"));
    const std::optional<FrameView> frame = FrameView::of(bytes);
    if (!frame) continue;  // several messages in one file
    const Result<Kind> kind = kind_of(*frame);
    if (!kind) {
      FAIL_CHECK(text(kind.error()));
      continue;
    }
    CHECK(text(*kind) == our_name(row.at("type")));
    ++checked;
  }
  if (checked == 0) {
    MESSAGE("skipped: no corpus in " << corpus::folder().string());
  } else {
    CHECK(checked > 1000);
  }
}

}  // namespace sluice::ofmsg
