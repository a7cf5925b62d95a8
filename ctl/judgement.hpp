// What is to be said of one message: what it is, what is wrong with it, whether it survives being decoded and encoded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "ofmsg/codec.hpp"
#include "ofmsg/validate.hpp"

namespace sluice::ctl {

// How far bytes are from being a message.
enum class Level : std::uint8_t {
  framing,     // no receiver can find the next message: the connection has to be closed
  incomplete,  // the rest has not arrived yet
  malformed,   // the structure is broken
  invalid,     // the structure is sound, a value is not
};

[[nodiscard]] std::string_view text(Level level);

// One thing that is wrong.
struct Objection {
  Level level = Level::malformed;
  std::optional<ofmsg::Reason> reason;
  std::string where;  // a field, or empty
  std::string sentence;
};

// The OpenFlow error that the sender is owed, if its version is known.
[[nodiscard]] std::optional<ofmsg::WireError> owed(const Objection& objection, ofmsg::Version version);

[[nodiscard]] nlohmann::ordered_json to_json(const Objection& objection, ofmsg::Version version);

// A message that could be taken, and what validation says of it.
struct Taken {
  ofmsg::Lenient lenient;
  ofmsg::Version version;
  ofmsg::Xid xid;
};

// Cuts nothing: `bytes` are to be one message and no more.
[[nodiscard]] ofmsg::Result<Taken, Objection> take(ofmsg::ByteView bytes);

// Everything that is wrong with values, the decoder's findings first.
[[nodiscard]] std::vector<Objection> faults_of(const Taken& taken);

struct RoundTrip {
  bool passed = false;
  bool same_bytes = false;
  std::vector<std::string_view> classes;  // why the bytes differ, where the meaning does not
  std::string reason;                     // of a failure
  ofmsg::Bytes bytes;
};

[[nodiscard]] RoundTrip round_trip(const Taken& taken, ofmsg::ByteView original);

}  // namespace sluice::ctl
