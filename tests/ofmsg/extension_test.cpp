// Experimenters' parts as typed values: one added from outside of the library, which docs/extensions.md takes as its
// example, and those that the library knows.
#include "ofmsg/extension.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "ofmsg/codec.hpp"
#include "ofmsg/extension_row.hpp"
#include "ofmsg/extensions/nicira_action_list.hpp"
#include "ofmsg/extensions/nicira_table.hpp"
#include "ofmsg/extensions/onf.hpp"
#include "ofmsg/json.hpp"
#include "ofmsg/text_parts.hpp"
#include "ofmsg/validate.hpp"
#include "tests/ofmsg/corpus.hpp"

namespace acme {

using namespace sluice::ofmsg;

constexpr std::uint32_t id = 0x00acce55;

enum class Colour : std::uint16_t { red, green };

}  // namespace acme

template <>
inline constexpr std::array<std::string_view, 2> sluice::ofmsg::enum_names<acme::Colour>{"red", "green"};

namespace acme {

struct Hello {
  static constexpr Extension extension{"acme_hello", ExtensionPlace::message, id, 7};
  Colour colour = Colour::red;
  PortNo port;
  std::vector<std::uint16_t> numbers;
  friend bool operator==(const Hello&, const Hello&) = default;
};

template <class W, of_type<Hello> M>
void layout(W& w, M& m) {
  w("colour", m.colour);
  w.pad(2);
  w("port", m.port);
  w("numbers", m.numbers);
}

struct LampRequest {
  static constexpr Extension extension{"acme_lamps", ExtensionPlace::stats_request, id, 1};
  std::uint32_t lamp = 0;
  friend bool operator==(const LampRequest&, const LampRequest&) = default;
};

template <class W, of_type<LampRequest> M>
void layout(W& w, M& m) {
  w("lamp", m.lamp);
}

struct LampReply {
  static constexpr Extension extension{"acme_lamps", ExtensionPlace::stats_reply, id, 1};
  Text<8> name;
  Match match;
  friend bool operator==(const LampReply&, const LampReply&) = default;
};

template <class W, of_type<LampReply> M>
void layout(W& w, M& m) {
  w("name", m.name);
  w("match", m.match);
}

// Holds other actions, as those of Open vSwitch may.
struct Twice {
  static constexpr Extension extension{"acme_twice", ExtensionPlace::action, id, 3, since(v1_3)};
  std::uint32_t gap = 0;
  Actions actions;
  friend bool operator==(const Twice&, const Twice&) = default;
};

template <class W, of_type<Twice> A>
void layout(W& w, A& a) {
  w("gap", a.gap);
  w("actions", a.actions);
}

Extensions known() {
  return standard_extensions()
      .with(extension_row<Hello>())
      .with(extension_row<LampRequest>())
      .with(extension_row<LampReply>())
      .with(extension_row<Twice>());
}

}  // namespace acme

using namespace sluice::ofmsg;

namespace {

Bytes from_hex(std::string_view digits) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(*parse_number("0x" + std::string{digits.substr(i, 2)})));
  }
  return bytes;
}

Bytes encoded(const Message& message, Version version) {
  Bytes bytes;
  REQUIRE(encode(bytes, message, version, Xid{5}).has_value());
  return bytes;
}

template <class T>
Bytes body_of(const T& value, Version version) {
  Result<Bytes> body = write_extension_body(value, version);
  REQUIRE(body.has_value());
  return *body;
}

PacketOut carrying(Actions actions) {
  PacketOut out;
  out.actions = std::move(actions);
  return out;
}

nlohmann::ordered_json json_of(const Message& message, Version version, Known known) {
  return to_json(to_tree(message, version, Xid{5}, known));
}

Bytes from_json_text(const std::string& json, Known known) {
  const Result<Tree, TreeError> tree = tree_from_json(nlohmann::ordered_json::parse(json));
  REQUIRE(tree.has_value());
  const Result<Envelope, TreeError> back = from_tree(*tree, v1_3, known);
  INFO(json, back ? "" : back.error().where + ": " + back.error().message);
  REQUIRE(back.has_value());
  return encoded(back->message, back->version);
}

// The member "extension" in the place of the bytes.
std::string by_fields(nlohmann::ordered_json json) {
  for (const char* bytes : {"experimenter", "exp_type", "body"}) json.erase(bytes);
  return json.dump();
}

}  // namespace

TEST_CASE("a message of an experimenter from outside: bytes, fields, JSON") {
  const Extensions known = acme::known();
  const acme::Hello hello{acme::Colour::green, PortNo{3}, {1, 2}};
  for (const Version v : all_versions) {
    const Bytes bytes = encoded(experimenter_message(acme::Hello::extension, v, body_of(hello, v)), v);
    const Result<Message> decoded = decode(*FrameView::of(bytes));
    REQUIRE(decoded.has_value());
    const auto& message = std::get<Experimenter>(*decoded);
    const Result<acme::Hello> typed = read_extension<acme::Hello>(message, v);
    REQUIRE(typed.has_value());
    CHECK(*typed == hello);
    const nlohmann::ordered_json json = json_of(*decoded, v, known);
    CHECK(json["extension"].dump() == R"({"name":"acme_hello","colour":"green","port":3,"numbers":[1,2]})");
    CHECK(from_json_text(json.dump(), known) == bytes);
    CHECK(from_json_text(by_fields(json), known) == bytes);
    CHECK(validate(*decoded, v, known).empty());
    // Whether a receiver knows an experimenter is not the fault of the message.
    CHECK(validate(*decoded, v).empty());
    // Who does not know it sees bytes.
    CHECK_FALSE(json_of(*decoded, v, standard_extensions()).contains("extension"));
  }
  Experimenter broken = experimenter_message(acme::Hello::extension, v1_3, Bytes(9));
  CHECK(read_extension<acme::Hello>(broken, v1_3).error().reason == Reason::truncated);
  CHECK_FALSE(validate(broken, v1_3, known).empty());
  broken.exp_type = 8;
  CHECK(read_extension<acme::Hello>(broken, v1_3).error().reason == Reason::bad_experimenter);
}

TEST_CASE("statistics of an experimenter from outside") {
  const Extensions known = acme::known();
  for (const Version v : all_versions) {
    ExperimenterStatsRequest request;
    request.flags = 1;
    put_extension(request, acme::LampRequest::extension, v, body_of(acme::LampRequest{9}, v));
    const Bytes asked = encoded(request, v);
    const nlohmann::ordered_json json = json_of(request, v, known);
    CHECK(json["extension"].dump() == R"({"name":"acme_lamps","lamp":9})");
    CHECK(from_json_text(by_fields(json), known) == asked);

    acme::LampReply lamp{{"hall"}, Match{}.set(Field::in_port, 2)};
    ExperimenterStatsReply reply;
    put_extension(reply, acme::LampReply::extension, v, body_of(lamp, v));
    CHECK(*read_extension<acme::LampReply>(reply, v) == lamp);
  }
}

TEST_CASE("an action of an experimenter from outside, with actions inside") {
  const Extensions known = acme::known();
  const acme::Twice inner{1, {Output{PortNo{2}, 0}}};
  const UnknownAction first = experimenter_action(acme::Twice::extension, body_of(inner, v1_3));
  const UnknownAction second =
      experimenter_action(acme::Twice::extension, body_of(acme::Twice{2, {first, DecNwTtl{}}}, v1_3));
  const PacketOut out = carrying({second});
  const nlohmann::ordered_json json = json_of(out, v1_3, known);
  CHECK(json["actions"].dump() == R"([{"type":"acme_twice","gap":2,"actions":[{"type":"acme_twice","gap":1,"actions":)"
                                  R"([{"type":"output","port":2,"max_len":0}]},{"type":"dec_nw_ttl"}]}])");
  CHECK(from_json_text(json.dump(), known) == encoded(out, v1_3));
  CHECK(json_of(out, v1_3, standard_extensions())["actions"][0]["type"] == "raw");
  CHECK(json_of(out, v1_2, known)["actions"][0]["type"] == "raw");
}

TEST_CASE("whoever nests actions without end gets bytes, not our stack") {
  UnknownAction action = experimenter_action(NxExit::extension, Bytes(6));
  for (int i = 0; i < 3000; ++i) {
    action = experimenter_action(NxClone::extension, body_of(NxClone{{action}}, v1_3));
  }
  const PacketOut out = carrying({action});
  const std::string json = json_of(out, v1_3, standard_extensions()).dump();
  CHECK(json.find("raw") != std::string::npos);
  CHECK(from_json_text(json, standard_extensions()) == encoded(out, v1_3));
  CHECK(text(Message{out}, v1_3, Xid{5}).find("unknown(") != std::string::npos);
}

TEST_CASE("whoever nests messages without end does neither") {
  Experimenter message = experimenter_message(NxFlowAge::extension, v1_3, {});
  for (int i = 0; i < 2000; ++i) {
    OnfRequestforward forward;
    forward.request.bytes = encoded(message, v1_3);
    message = experimenter_message(OnfRequestforward::extension, v1_3, body_of(forward, v1_3));
  }
  CHECK(from_json_text(json_of(message, v1_3, standard_extensions()).dump(), standard_extensions()) ==
        encoded(message, v1_3));
}

TEST_CASE("every row says back what it read") {
  for (const ExtensionRow& row : standard_extensions().rows()) {
    for (const Version v : all_versions) {
      if (!row.extension->range.has(v)) continue;
      // What carries a message carries one.
      if (row.extension->name.ends_with("requestforward") || row.extension->name.ends_with("add_message")) continue;
      INFO(row.extension->name, " ", text(v));
      const Result<Bytes, TreeError> body = row.from_tree(Tree{Tree::Object{}}, v, standard_extensions());
      INFO("error: ", body ? "" : body.error().where + ": " + body.error().message);
      REQUIRE(body.has_value());
      const Result<Tree, CodecError> tree = row.to_tree(*body, v, standard_extensions());
      INFO("error: ", tree ? "" : text(tree.error()));
      REQUIRE(tree.has_value());
      const Result<Bytes, TreeError> again = row.from_tree(*tree, v, standard_extensions());
      REQUIRE(again.has_value());
      CHECK(*again == *body);
    }
  }
}

TEST_CASE("no two extensions of a place and version share a number or a name") {
  const std::vector<ExtensionRow>& rows = standard_extensions().rows();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = i + 1; j < rows.size(); ++j) {
      const Extension &a = *rows[i].extension, &b = *rows[j].extension;
      if (a.place != b.place || !(a.range.from <= b.range.to && b.range.from <= a.range.to)) continue;
      INFO(a.name, " ", b.name);
      CHECK(a.name != b.name);
      CHECK_FALSE((a.experimenter == b.experimenter && a.type == b.type));
    }
  }
}

namespace {

struct Vector {
  std::string_view bytes, fields;
};

}  // namespace

TEST_CASE("messages of the ONF are the standard's") {
  const Experimenter open{onf, 2300, from_hex("0000000100000002")};
  const Result<OnfBundleControl> bundle = read_extension<OnfBundleControl>(open, v1_3);
  REQUIRE(bundle.has_value());
  CHECK(static_cast<const BundleControl&>(*bundle) ==
        BundleControl{1, BundleControlType::open_request, bundle_ordered, {}});
  CHECK(body_of(*bundle, v1_3) == open.body);
  CHECK_FALSE(read_extension<OnfBundleControl>(open, v1_4).has_value());
}

// Nearly everything that Open vSwitch and os-ken sent has a type, and the type says back what it read.
