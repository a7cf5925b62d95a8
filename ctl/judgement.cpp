#include "ctl/judgement.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "ofmsg/frame.hpp"

namespace sluice::ctl {

namespace {

using ofmsg::FrameView;
using ofmsg::Reason;
using ofmsg::Version;
using Json = nlohmann::ordered_json;

Objection of(Level level, const ofmsg::CodecError& error) {
  return {level, error.reason, std::string{error.field}, ofmsg::text(error)};
}

// What the header says of the bytes; nothing if they are one message by it.
std::optional<Objection> framing_of(ofmsg::ByteView bytes) {
  if (bytes.size() < ofmsg::header_size) {
    return Objection{
        Level::incomplete, Reason::truncated, {}, fmt::format("{} bytes are there, and a header has 8", bytes.size())};
  }
  const std::size_t size = ofmsg::load<std::uint16_t>(bytes, 2);
  if (size < ofmsg::header_size) {
    return Objection{Level::framing, Reason::bad_length, "length",
                     fmt::format("the header gives a length of {}, less than its own 8", size)};
  }
  if (size > bytes.size()) {
    return Objection{Level::incomplete, Reason::truncated, "length",
                     fmt::format("the header gives a length of {}, but {} bytes are there", size, bytes.size())};
  }
  if (size < bytes.size()) {
    return Objection{Level::malformed, Reason::bad_length, "length",
                     fmt::format("the header gives a length of {}, and {} bytes follow", size, bytes.size() - size)};
  }
  return std::nullopt;
}

}  // namespace

std::string_view text(Level level) {
  constexpr std::array<std::string_view, 4> names{"framing", "incomplete", "malformed", "invalid"};
  return names[static_cast<std::size_t>(level)];
}

std::optional<ofmsg::WireError> owed(const Objection& objection, Version version) {
  if (!objection.reason) return std::nullopt;
  return ofmsg::wire_error(*objection.reason, version);
}

Json to_json(const Objection& objection, Version version) {
  Json out{{"level", text(objection.level)}};
  if (objection.reason) out["reason"] = ofmsg::text(*objection.reason);
  out["where"] = objection.where;
  out["text"] = objection.sentence;
  if (const auto error = owed(objection, version)) {
    out["error"] = {{"type", error->type}, {"code", error->code}, {"name", ofmsg::text(*error, version)}};
  }
  return out;
}

ofmsg::Result<Taken, Objection> take(ofmsg::ByteView bytes) {
  if (std::optional<Objection> wrong = framing_of(bytes)) return ofmsg::Failure<Objection>{*std::move(wrong)};
  const FrameView frame = *FrameView::of(bytes);
  ofmsg::Result<ofmsg::Lenient> lenient = ofmsg::decode_lenient(frame);
  if (!lenient) return ofmsg::Failure<Objection>{of(Level::malformed, lenient.error())};
  // A hello may have a version that is none of ours.
  const Version version = ofmsg::version_of(frame.wire_version()).value_or(ofmsg::v1_5);
  return Taken{std::move(*lenient), version, frame.xid()};
}

std::vector<Objection> faults_of(const Taken& taken) {
  std::vector<Objection> out;
  for (const ofmsg::CodecError& error : taken.lenient.faults) out.push_back(of(Level::invalid, error));
  for (const ofmsg::Fault& fault : ofmsg::validate(taken.lenient.message, taken.version)) {
    const std::string where = fault.where.empty() ? "" : fault.where + ": ";
    out.push_back({Level::invalid, fault.reason, fault.where,
                   fmt::format("{} ({}): {}{}", ofmsg::text(ofmsg::kind_of(taken.lenient.message)),
                               ofmsg::text(taken.version), where, fault.what)});
  }
  return out;
}

RoundTrip round_trip(const Taken& taken, ofmsg::ByteView original) {
  RoundTrip trip;
  const ofmsg::Result<void> done = ofmsg::encode(trip.bytes, taken.lenient.message, taken.version, taken.xid);
  if (!done) {
    trip.reason = "cannot be encoded: " + ofmsg::text(done.error());
    return trip;
  }
  // Only a hello may come in a version that we do not have.
  if (!original.empty() && !ofmsg::version_of(std::to_integer<std::uint8_t>(original[0]))) trip.bytes[0] = original[0];
  trip.same_bytes = std::equal(trip.bytes.begin(), trip.bytes.end(), original.begin(), original.end());
  if (trip.same_bytes) {
    trip.passed = true;
    return trip;
  }
  const ofmsg::Result<Taken, Objection> again = take(trip.bytes);
  if (!again) {
    trip.reason = "our encoding cannot be decoded: " + again.error().sentence;
  } else if (!(again->lenient.message == taken.lenient.message)) {
    trip.reason = "our encoding means something else";
  } else {
    for (std::size_t i = 0; i < ofmsg::deviation_count; ++i) {
      const auto deviation = static_cast<ofmsg::Deviation>(i);
      if (taken.lenient.deviations.has(deviation)) trip.classes.push_back(ofmsg::text(deviation));
    }
    trip.passed = !trip.classes.empty();
    if (!trip.passed) trip.reason = "the bytes differ, and nothing explains it";
  }
  return trip;
}

}  // namespace sluice::ctl
