#include "ofmsg/error.hpp"

#include <set>

#include <doctest/doctest.h>

#include "tests/ofmsg/corpus.hpp"

namespace sluice::ofmsg {

namespace {

std::string chosen(Reason reason, Version version) { return text(wire_error(reason, version), version); }

Bytes echo(std::size_t size) {
  Bytes bytes(size, std::byte{0x5a});
  store<std::uint8_t>(bytes, 0, 4);
  store<std::uint8_t>(bytes, 1, 2);
  store<std::uint16_t>(bytes, 2, static_cast<std::uint16_t>(size));
  store<std::uint32_t>(bytes, 4, 0x01020304);
  return bytes;
}

}  // namespace

TEST_CASE("names of types and codes") {
  CHECK(error_type_name(3, v1_0) == "OFPET_FLOW_MOD_FAILED");
  CHECK(error_type_name(3, v1_3) == "OFPET_BAD_INSTRUCTION");
  CHECK(error_type_name(5, v1_3) == "OFPET_FLOW_MOD_FAILED");
  CHECK(error_type_name(0xffff, v1_2) == "OFPET_EXPERIMENTER");
  CHECK(error_type_name(6, v1_0) == "type 6");
  CHECK(error_code_name({3, 2}, v1_0) == "OFPFMFC_EPERM");
  CHECK(error_code_name({5, 4}, v1_3) == "OFPFMFC_EPERM");
  CHECK(error_code_name({1, 2}, v1_2) == "OFPBRC_BAD_STAT");
  CHECK(error_code_name({1, 2}, v1_3) == "OFPBRC_BAD_MULTIPART");
  CHECK(error_code_name({1, 3}, v1_0) == "OFPBRC_BAD_VENDOR");
  CHECK(error_code_name({17, 15}, v1_4) == "OFPBFC_BUNDLE_IN_PROGRESS");
  CHECK(error_code_name({17, 16}, v1_4) == "code 16");
  CHECK(error_code_name({7, 9}, v1_0) == "code 9");
  CHECK(text(WireError{5, 4}, v1_3) == "FLOW_MOD_FAILED/EPERM");
  CHECK(text(WireError{3, 0}, v1_0) == "FLOW_MOD_FAILED/ALL_TABLES_FULL");
  CHECK(text(WireError{7, 9}, v1_0) == "type 7/code 9");
  CHECK(text(WireError{0xffff, 2600}, v1_3) == "EXPERIMENTER/code 2600");
}

TEST_CASE("every reason has an error that its version knows") {
  for (std::size_t i = 0; i < reason_count; ++i) {
    const Reason reason = static_cast<Reason>(i);
    for (const Version v : all_versions) {
      CAPTURE(text(reason));
      CAPTURE(text(v));
      const WireError error = wire_error(reason, v);
      CHECK(error_type_name(error.type, v).starts_with("OFPET_"));
      CHECK(error_code_name(error, v).starts_with("OFP"));
    }
  }
}

TEST_CASE("reasons have different names") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < reason_count; ++i) names.insert(text(static_cast<Reason>(i)));
  CHECK(names.size() == reason_count);
  CHECK(text(Reason::bad_match_prereq) == "bad_match_prereq");
  CHECK(text(Reason::hello_incompatible) == "hello_incompatible");
}

TEST_CASE("what a refusal says on the wire") {
  CHECK(chosen(Reason::flow_outside, v1_0) == "FLOW_MOD_FAILED/EPERM");
  CHECK(chosen(Reason::flow_outside, v1_3) == "FLOW_MOD_FAILED/EPERM");
  CHECK(wire_error(Reason::flow_outside, v1_0) == WireError{3, 2});
  CHECK(wire_error(Reason::flow_outside, v1_3) == WireError{5, 4});
  CHECK(chosen(Reason::bad_out_port, v1_0) == "BAD_ACTION/BAD_OUT_PORT");
  CHECK(chosen(Reason::action_outside, v1_3) == "BAD_ACTION/EPERM");
  CHECK(chosen(Reason::bad_set_type, v1_3) == "BAD_ACTION/BAD_SET_TYPE");
  CHECK(chosen(Reason::bad_queue, v1_0) == "BAD_ACTION/BAD_QUEUE");
  CHECK(chosen(Reason::bad_out_group, v1_3) == "BAD_ACTION/BAD_OUT_GROUP");
  CHECK(chosen(Reason::table_full, v1_0) == "FLOW_MOD_FAILED/ALL_TABLES_FULL");
  CHECK(chosen(Reason::table_full, v1_1) == "FLOW_MOD_FAILED/TABLE_FULL");
  CHECK(chosen(Reason::out_of_groups, v1_3) == "GROUP_MOD_FAILED/OUT_OF_GROUPS");
  CHECK(chosen(Reason::out_of_meters, v1_3) == "METER_MOD_FAILED/OUT_OF_METERS");
  CHECK(chosen(Reason::unknown_meter, v1_5) == "METER_MOD_FAILED/UNKNOWN_METER");
  CHECK(chosen(Reason::bad_meter, v1_3) == "METER_MOD_FAILED/INVALID_METER");
  CHECK(chosen(Reason::bad_meter, v1_5) == "BAD_ACTION/BAD_METER");
  CHECK(chosen(Reason::emergency_refused, v1_0) == "FLOW_MOD_FAILED/ALL_TABLES_FULL");
  CHECK(chosen(Reason::bad_multipart, v1_0) == "BAD_REQUEST/BAD_STAT");
  CHECK(chosen(Reason::bad_experimenter, v1_0) == "BAD_REQUEST/BAD_VENDOR");
  CHECK(chosen(Reason::hello_incompatible, v1_0) == "HELLO_FAILED/INCOMPATIBLE");
  CHECK(chosen(Reason::not_permitted, v1_0) == "BAD_REQUEST/EPERM");
}

TEST_CASE("codes that came with 1.2 are BAD_REQUEST / EPERM before") {
  struct Row {
    Reason reason;
    const char* later;
  };

  const Row rows[] = {
      {Reason::port_mod_refused, "PORT_MOD_FAILED/EPERM"}, {Reason::config_refused, "SWITCH_CONFIG_FAILED/EPERM"},
      {Reason::bad_port, "BAD_REQUEST/BAD_PORT"},          {Reason::bad_packet, "BAD_REQUEST/BAD_PACKET"},
      {Reason::role_is_slave, "BAD_REQUEST/IS_SLAVE"},     {Reason::table_mod_refused, "TABLE_MOD_FAILED/EPERM"}};
  for (const Row& row : rows) {
    CAPTURE(row.later);
    CHECK(chosen(row.reason, v1_0) == "BAD_REQUEST/EPERM");
    CHECK(chosen(row.reason, v1_1) == "BAD_REQUEST/EPERM");
    for (const Version v : {v1_2, v1_3, v1_4, v1_5}) CHECK(chosen(row.reason, v) == row.later);
  }
  CHECK(chosen(Reason::table_features_refused, v1_2) == "BAD_REQUEST/EPERM");
  CHECK(chosen(Reason::table_features_refused, v1_3) == "TABLE_FEATURES_FAILED/EPERM");
}

TEST_CASE("a sentence names message, place and numbers") {
  CHECK(text(CodecError{Reason::bad_match_length, Kind::flow_mod, v1_3, 48, 8, 6, "match"}) ==
        "flow_mod (1.3): match at byte 48: wrong length of the match or of a field in it (8 bytes needed, 6 given)");
  CHECK(text(CodecError{.reason = Reason::truncated, .kind = Kind::packet_in, .version = v1_0, .offset = 16}) ==
        "packet_in (1.0): at byte 16: the message ends too early");
  CHECK(text(CodecError{.reason = Reason::bad_version, .have = 9, .field = "version"}) ==
        "message: version at byte 0: not the version of this connection (9)");
  CHECK(text(CodecError{.reason = Reason::bad_type, .version = v1_3, .offset = 1, .have = 77, .field = "type"}) ==
        "message (1.3): type at byte 1: this version has no such message type (77)");
}

TEST_CASE("an error message answers its offender") {
  const Bytes offender = echo(70);
  Bytes out{std::byte{0xee}};  // appends
  append_error(out, v1_3, FrameView::of(offender).value(), WireError{1, 5});
  REQUIRE(out.size() == 1 + 12 + 70);
  const Bytes error{out.begin() + 1, out.end()};
  const FrameView frame = FrameView::of(error).value();
  CHECK(frame.wire_version() == 4);
  CHECK(frame.type() == 1);
  CHECK(frame.xid() == Xid{0x01020304});
  CHECK(load<std::uint16_t>(error, 8) == 1);
  CHECK(load<std::uint16_t>(error, 10) == 5);
  CHECK(Bytes{error.begin() + 12, error.end()} == offender);
}

TEST_CASE("an error about the longest message still is one message") {
  const Bytes offender = echo(max_frame_size);
  Bytes out;
  append_error(out, v1_0, FrameView::of(offender).value(), WireError{1, 5});
  CHECK(out.size() == max_frame_size);
  REQUIRE(FrameView::of(out));
  CHECK(Bytes{out.begin() + 12, out.end()} == Bytes{offender.begin(), offender.end() - 12});

  out.clear();
  append_error(out, v1_0, Xid{7}, WireError{0, 0}, std::string(70000, 'x'));
  CHECK(out.size() == max_frame_size);
  CHECK(FrameView::of(out));
}

TEST_CASE("an error with a sentence") {
  Bytes out;
  append_error(out, v1_3, Xid{7}, WireError{0, 0}, "no common version");
  const FrameView frame = FrameView::of(out).value();
  CHECK(frame.xid() == Xid{7});
  const ByteView data = frame.bytes().subspan(12);
  std::string sentence;
  for (const std::byte b : data) sentence += static_cast<char>(b);
  CHECK(sentence == "no common version");
}

TEST_CASE("Open vSwitch has the same names for the codes of collected errors") {
  std::size_t checked = 0;
  std::size_t rows = 0;
  for (const corpus::Row& row : corpus::rows()) {
    ++rows;
    if (row.at("use") != "gate" || !row.at("type").starts_with("ERROR")) continue;
    const std::string& line = row.at("ovs_line");
    const std::size_t at = line.find(": OFP");
    if (at == std::string::npos) continue;
    const std::string theirs = line.substr(at + 2, line.find_first_of(" \r\n\t", at + 2) - at - 2);
    CAPTURE(row.at("file"));
    const Bytes bytes = corpus::read(row.at("file"));
    const std::optional<Version> version = version_of(load<std::uint8_t>(bytes, 0));
    REQUIRE(version);
    const WireError error{load<std::uint16_t>(bytes, 8), load<std::uint16_t>(bytes, 10)};
    if (error.type == 0xffff || error.type == 0xb0c2) continue;  // later codes in experimenters' clothes
    std::string ours = error_code_name(error, *version);
    // It knows these two by their later names only.
    if (ours == "OFPFMFC_ALL_TABLES_FULL") ours = "OFPFMFC_TABLE_FULL";
    if (ours == "OFPBIC_UNSUP_EXP_INST") ours = "OFPBIC_BAD_EXPERIMENTER";
    CHECK(ours == theirs);
    ++checked;
  }
  if (rows == 0) {
    MESSAGE("skipped: no corpus in " << corpus::folder().string());
  } else {
    CHECK(checked > 50);
  }
}

}  // namespace sluice::ofmsg
