// Every message of every version, filled at random: what is encoded is decoded as it was, from bytes, trees and JSON.
#include <cstdlib>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ofmsg/json.hpp"
#include "ofmsg/text_parts.hpp"
#include "ofmsg/validate.hpp"
#include "tests/support/arbitrary.hpp"

using namespace sluice::ofmsg;
using sluice::tests::Arbitrary;

namespace {

// Of each kind in each version; SLUICE_ROUNDS multiplies it.
std::uint64_t rounds() {
  const char* more = std::getenv("SLUICE_ROUNDS");
  return 40 * (more != nullptr ? std::strtoull(more, nullptr, 10) : 1);
}

template <class Body>
void for_each_message(Body body) {
  for (std::size_t k = 0; k < kind_count; ++k) {
    const auto kind = static_cast<Kind>(k);
    for (const Version version : all_versions) {
      if (!facts(kind).in(version)) continue;
      for (std::uint64_t round = 0; round < rounds(); ++round) {
        const std::uint64_t seed = round * 1000 + k * 10 + static_cast<std::uint64_t>(version);
        Arbitrary arbitrary{seed, version};
        const Message message = arbitrary.message(kind);
        const Xid xid{static_cast<std::uint32_t>(seed)};
        Bytes bytes;
        const Result<void> done = encode(bytes, message, version, xid);
        INFO(text(kind), " of ", text(version), ", seed ", seed, ": ", hex_digits(bytes));
        // What is too long for a message is the only thing that cannot be said.
        if (!done) {
          CHECK_MESSAGE(done.error().reason == Reason::bad_length, text(done.error()));
          CHECK(bytes.empty());
          continue;
        }
        body(message, version, xid, bytes);
      }
    }
  }
}

FlowMod flow_on(const Match& match) {
  FlowMod flow;
  flow.match = match;
  return flow;
}

FrameView frame(const Bytes& bytes) { return FrameView::of(bytes).value(); }

}  // namespace

TEST_CASE("bytes there and back") {
  for_each_message([](const Message& message, Version version, Xid xid, const Bytes& bytes) {
    CHECK(encoded_size(message, version) == bytes.size());
    CHECK(kind_of(frame(bytes)) == kind_of(message));
    const Result<Message> back = decode(frame(bytes));
    REQUIRE_MESSAGE(back, (back ? "" : text(back.error())));
    CHECK(*back == message);
    Bytes again;
    REQUIRE(encode(again, *back, version, xid));
    CHECK(again == bytes);
  });
}

TEST_CASE("what we write has no deviation, and no fault that a strict reader would not find") {
  for_each_message([](const Message& message, Version, Xid, const Bytes& bytes) {
    const Result<Lenient> lenient = decode_lenient(frame(bytes));
    REQUIRE(lenient);
    CHECK(lenient->message == message);
    for (std::size_t i = 0; i < deviation_count; ++i) {
      const auto deviation = static_cast<Deviation>(i);
      // Random bytes under a length of their own may look like padding; nothing else differs.
      CHECK_MESSAGE((deviation == Deviation::padding || !lenient->deviations.has(deviation)), text(deviation));
    }
  });
}

TEST_CASE("trees and JSON there and back") {
  for_each_message([](const Message& message, Version version, Xid xid, const Bytes& bytes) {
    const auto json = to_json(message, version, xid);
    const std::string document = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    INFO(document);
    const auto back = from_json(nlohmann::ordered_json::parse(document));
    REQUIRE_MESSAGE(back, (back ? "" : back.error().where + ": " + back.error().message));
    CHECK(back->message == message);
    CHECK(back->version == version);
    CHECK(back->xid == xid);
    Bytes again;
    REQUIRE(encode(again, back->message, back->version, back->xid));
    CHECK(again == bytes);
  });
}

// A list may end between two of its entries, and data anywhere; then the shorter message is one of its own.
TEST_CASE("every truncation is refused, or is the message that its bytes say") {
  for_each_message([](const Message&, Version version, Xid xid, const Bytes& bytes) {
    for (std::size_t size = header_size;
         size<bytes.size(); size += bytes.size()> 300 ? std::size_t{7} : std::size_t{1}) {
      Bytes cut{bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
      store(std::span{cut}, 2, static_cast<std::uint16_t>(size));
      const Result<Lenient> taken = decode_lenient(frame(cut));
      if (!taken) continue;
      Bytes again;
      REQUIRE(encode(again, taken->message, version, xid));
      if (taken->deviations.empty()) CHECK(again == cut);
      const Result<Lenient> second = decode_lenient(frame(again));
      REQUIRE(second);
      CHECK(second->message == taken->message);
    }
  });
}

TEST_CASE("text and validation take everything") {
  for_each_message([](const Message& message, Version version, Xid xid, const Bytes&) {
    CHECK_FALSE(text(message, version, xid).empty());
    for (const Fault& fault : validate(message, version)) {
      CHECK_FALSE(fault.what.empty());
      CHECK(wire_error(fault.reason, version).type <= 17);
    }
  });
}

TEST_CASE("matches and actions are read back from their text") {
  for (const Version version : all_versions) {
    for (std::uint64_t seed = 0; seed < 200 * rounds(); ++seed) {
      Arbitrary arbitrary{seed, version};
      const Match match = without_open_fields(arbitrary.match());
      if (!match.unknown().empty()) continue;
      const std::string said = text(match, version);
      INFO(text(version), ", seed ", seed, ": ", said);
      const Result<Match, TextError> back = parse_match(said);
      REQUIRE_MESSAGE(back, (back ? "" : back.error().message));
      Bytes ours;
      Bytes theirs;
      REQUIRE(encode(ours, flow_on(match), version, Xid{}));
      REQUIRE(encode(theirs, flow_on(*back), version, Xid{}));
      CHECK(ours == theirs);
    }
  }
}
