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

Bytes of_actions(const Actions& actions, Version version) {
  Bytes bytes;
  Writer writer{bytes, version, Kind::packet_out};
  wire(writer, actions);
  REQUIRE(writer.finish().has_value());
  return bytes;
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
    CHECK(json["extension"].dump() == R"({"acme_hello":{"colour":"green","port":3,"numbers":[1,2]}})");
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
    CHECK(json["extension"].dump() == R"({"acme_lamps":{"lamp":9}})");
    CHECK(from_json_text(by_fields(json), known) == asked);

    acme::LampReply lamp{{"hall"}, Match{}.set(Field::in_port, 2)};
    ExperimenterStatsReply reply;
    put_extension(reply, acme::LampReply::extension, v, body_of(lamp, v));
    CHECK(*read_extension<acme::LampReply>(reply, v) == lamp);
    CHECK(from_json_text(by_fields(json_of(reply, v, known)), known) == encoded(reply, v));
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

TEST_CASE("errors inside of extensions say where") {
  const Extensions known = acme::known();
  const auto complaint = [&](const std::string& json) {
    const Result<Tree, TreeError> tree = tree_from_json(nlohmann::ordered_json::parse(json));
    const Result<Envelope, TreeError> back = from_tree(*tree, v1_3, known);
    REQUIRE_FALSE(back.has_value());
    return back.error().where;
  };
  CHECK(complaint(R"({"type":"experimenter","extension":{"acme_hallo":{}}})") == "extension.acme_hallo");
  CHECK(complaint(R"({"type":"experimenter","extension":{"acme_hello":{"colour":"blue"}}})") ==
        "extension.acme_hello.colour");
  CHECK(complaint(R"({"type":"packet_out","actions":[{"type":"acme_twice","gap":"x"}]})") == "actions[0].gap");
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

TEST_CASE("actions of Open vSwitch by their fields") {
  const std::array<Vector, 10> vectors{{
      {"ffff001000002320000e000205000000", R"({"type":"nx_resubmit_table","in_port":2,"table_id":5})"},
      {"ffff0018000023200007001f000100040000000000000001",
       R"({"type":"nx_reg_load","bits":{"offset":0,"n_bits":32},"dst":"NXM_NX_REG0","value":1})"},
      {"ffff00180000232000060030000000000000020600000406",
       R"({"type":"nx_reg_move","n_bits":48,"src_offset":0,"dst_offset":0,"src":"NXM_OF_ETH_DST","dst":"NXM_OF_ETH_SRC"})"},
      {"ffff001800002320001b0000000100040020000000000000",
       R"({"type":"nx_stack_push","offset":0,"field":"NXM_NX_REG0","n_bits":32})"},
      {"ffff00180000232000150002000000000001000200000000", R"({"type":"nx_dec_ttl_cnt_ids","controllers":[1,2]})"},
      {"ffff001800002320000f001f00010004ffff000000000000",
       R"({"type":"nx_output_reg","bits":{"offset":0,"n_bits":32},"src":"NXM_NX_REG0","max_len":65535})"},
      {"ffff001000002320002b000000000000", R"({"type":"nx_ct_clear"})"},
      {"ffff0018000023200021ffff180500002320020000000000",
       R"({"type":"nx_reg_load2","entry":{"field":"NXOXM_ET_ERSPAN_VER","value":"02","mask":""}})"},
      {"ffff00280000232000230000000000000000000000000000ffff0010000023200024000000000000",
       R"({"type":"nx_ct","flags":0,"zone_src":"0x00000000","zone":0,"recirc_table":0,"alg":0,)"
       R"("actions":[{"type":"nx_nat","flags":0,"range_present":0}]})"},
      {"ffff00180000232000250000000000000005000800000005",
       R"({"type":"nx_controller2","properties":[{"type":"meter_id","meter_id":5}]})"},
  }};
  for (const Vector& vector : vectors) {
    INFO(vector.bytes);
    Actions actions;
    const Bytes bytes = from_hex(vector.bytes);
    Reader reader{ByteView{bytes}.first(bytes.size() / 8 * 8), 0, v1_3, Kind::packet_out};
    wire(reader, actions);
    REQUIRE_FALSE(reader.failed());
    const PacketOut out = carrying(actions);
    const nlohmann::ordered_json json = json_of(out, v1_3, standard_extensions());
    CHECK(json["actions"][0].dump() == vector.fields);
    CHECK(from_json_text(json.dump(), standard_extensions()) == encoded(out, v1_3));
    CHECK(of_actions(actions, v1_3).size() == bytes.size() / 8 * 8);
  }
}

TEST_CASE("messages of Open vSwitch as values") {
  const Experimenter role{nicira, 11, from_hex("00000001")};
  CHECK(read_extension<NxRoleReply>(role, v1_3)->role == NxRole::master);

  // As ovs-ofctl sends it in 1.0: reg0=1/0x3,ip,nw_ttl=5,actions=drop.
  const Bytes bytes = from_hex(
      "0104004800000004000023200000000d00000000000000000000000000008000ffffffffffff000000170000000000000000060208000001"
      "3a01"
      "0500010108000000010000000300");
  const Result<Message> message = decode(*FrameView::of(bytes));
  REQUIRE(message.has_value());
  const Result<NxFlowMod> mod = read_extension<NxFlowMod>(std::get<Experimenter>(*message), v1_0);
  REQUIRE(mod.has_value());
  CHECK(mod->match.match.unknown().size() == 3);
  CHECK(mod->out_port.port == port::any);
  CHECK(text(*message, v1_0, Xid{4}) == "NXT_FLOW_MOD (xid=0x4): ADD ip,reg0=0x1/0x3,nw_ttl=5 actions=drop");
  CHECK(encoded(experimenter_message(NxFlowMod::extension, v1_0, body_of(*mod, v1_0)), v1_0).size() == bytes.size());
}

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
TEST_CASE("the extensions of the collected messages") {
  std::size_t typed = 0, untyped = 0;
  for (const corpus::Row& row : corpus::rows()) {
    if (row.at("use") != "gate") continue;
    const Bytes bytes = corpus::read(row.at("file"));
    const std::optional<FrameView> frame = FrameView::of(bytes);
    const std::optional<Version> version = frame ? version_of(frame->wire_version()) : std::nullopt;
    const Result<Message> message = version ? decode(*frame) : Failure<CodecError>{CodecError{}};
    if (!message) continue;
    std::visit(
        [&](const auto& m) {
          if constexpr (requires { extension_body(m, *version); }) {
            const std::optional<ExtensionBody> body = extension_body(m, *version);
            if (!body || (body->experimenter != nicira && body->experimenter != onf)) return;
            const ExtensionRow* found = standard_extensions().find(*body, *version);
            if (found == nullptr) {
              ++untyped;
              return;
            }
            INFO(row.at("file"));
            const Result<Tree, CodecError> tree = found->to_tree(body->body, *version, standard_extensions());
            INFO("error: ", tree ? "" : text(tree.error()));
            REQUIRE(tree.has_value());
            const Result<Bytes, TreeError> back = found->from_tree(*tree, *version, standard_extensions());
            REQUIRE(back.has_value());
            // Open vSwitch's own test has a monitor whose match_len is wrong, and goes by the match itself.
            if (row.at("file") == "ovs/of13/FLOW_MONITOR-request.bin") return;
            CHECK(std::equal(back->begin(), back->end(), body->body.begin(), body->body.end()));
            ++typed;
          }
        },
        *message);
  }
  MESSAGE("typed: ", typed, ", without a type: ", untyped);
  CHECK((typed == 0 || typed > 150));
}
