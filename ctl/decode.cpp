// `sluicectl decode`: messages as text or JSON, what is wrong with them, and whether they survive a round trip.
#include <map>
#include <ostream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ctl/judgement.hpp"
#include "ctl/messages.hpp"
#include "ctl/program.hpp"
#include "ofmsg/json.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ctl {

namespace {

using Json = nlohmann::ordered_json;
using ofmsg::Version;

// Where a message stands in what was given.
struct Place {
  const Source& source;
  std::size_t number;  // from 1
  std::size_t offset;  // bytes into the source
};

Version version_in(ofmsg::ByteView bytes) {
  const auto wire = bytes.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(bytes[0]);
  return ofmsg::version_of(wire).value_or(ofmsg::v1_5);
}

class Decoder {
 public:
  Decoder(const Settings& settings, Io& io) : settings_{settings}, io_{io} {}

  void decode(const Source& source) {
    std::size_t number = 0;
    for (const Piece& piece : settings_.lines ? std::vector<Piece>{whole(source)} : cut(source.bytes)) {
      one({source, ++number, piece.offset}, piece.bytes);
    }
  }

  // What the last line says, and whether all is well.
  [[nodiscard]] ExitCode finish() {
    if (settings_.roundtrip && !settings_.json) {
      std::string list;
      for (const auto& [name, count] : classes_) list += fmt::format("{}{} {}", list.empty() ? "" : ", ", name, count);
      if (!list.empty())
        io_.out << fmt::format("{} passed with other bytes of the same meaning: {}\n", other_bytes_, list);
      io_.out << fmt::format("{} passed, {} failed\n", total_ - failed_, failed_);
    } else if (failed_ > 0 && total_ > 1 && !settings_.json) {
      io_.err << fmt::format("{} messages, {} {}\n", total_, failed_,
                             settings_.validate ? "not decoded or with faults" : "not decoded");
    }
    return failed_ > 0 ? ExitCode::no : ExitCode::good;
  }

 private:
  // A line is one message, and what follows it is wrong.
  [[nodiscard]] static Piece whole(const Source& source) { return {0, source.bytes, {}}; }

  void one(const Place& place, ofmsg::ByteView bytes) {
    ++total_;
    const ofmsg::Result<Taken, Objection> taken = take(bytes);
    if (!taken) return refuse(place, bytes, taken.error());
    if (settings_.version_of) return say_version(*taken, bytes);
    if (settings_.roundtrip) return say_round_trip(place, *taken, bytes);
    say(place, *taken, bytes);
  }

  void refuse(const Place& place, ofmsg::ByteView bytes, const Objection& why) {
    ++failed_;
    if (settings_.json) {
      Json out{{"error", why.sentence}, {"level", text(why.level)}};
      if (why.reason) out["reason"] = ofmsg::text(*why.reason);
      if (const auto error = owed(why, version_in(bytes))) {
        out["openflow_error"] = {
            {"type", error->type}, {"code", error->code}, {"name", ofmsg::text(*error, version_in(bytes))}};
      }
      out["message"] = place.number;
      out["offset"] = place.offset;
      if (!place.source.name.empty()) out["source"] = place.source.name;
      out["bytes"] = ofmsg::hex_digits(bytes);
      return print(out);
    }
    complain(place, bytes, why.sentence);
  }

  void complain(const Place& place, ofmsg::ByteView bytes, const std::string& why) {
    const std::string where = place.source.name.empty() ? "" : place.source.name + ": ";
    io_.err << fmt::format("sluicectl: {}message {} at byte {}: {}\n", where, place.number, place.offset, why);
    if (settings_.verbose) io_.err << ofmsg::hex_dump(bytes);
  }

  void say_version(const Taken& taken, ofmsg::ByteView bytes) {
    const auto wire = std::to_integer<unsigned>(bytes[0]);
    const bool known = ofmsg::version_of(static_cast<std::uint8_t>(wire)).has_value();
    if (settings_.json) {
      Json out{{"wire", wire}};
      if (known) out["version"] = ofmsg::text(taken.version);
      return print(out);
    }
    io_.out << (known ? std::string{ofmsg::text(taken.version)} : fmt::format("unknown ({})", wire)) << '\n';
  }

  void say_round_trip(const Place& place, const Taken& taken, ofmsg::ByteView bytes) {
    const RoundTrip trip = round_trip(taken, bytes);
    if (!trip.passed) ++failed_;
    if (trip.passed && !trip.same_bytes) ++other_bytes_;
    for (const std::string_view name : trip.classes) ++classes_[name];
    if (settings_.json) {
      Json out{{"roundtrip", trip.same_bytes ? "same" : trip.passed ? "differs" : "failed"}};
      if (!trip.passed) out["error"] = trip.reason;
      if (!trip.classes.empty()) out["classes"] = trip.classes;
      if (!trip.same_bytes) out["hex"] = ofmsg::hex_digits(trip.bytes);
      return print(out);
    }
    if (!trip.passed) complain(place, bytes, trip.reason);
  }

  void say(const Place& place, const Taken& taken, ofmsg::ByteView bytes) {
    const std::vector<Objection> faults = settings_.validate ? faults_of(taken) : std::vector<Objection>{};
    if (!faults.empty()) ++failed_;
    if (settings_.json) {
      Json out = ofmsg::to_json(taken.lenient.message, taken.version, taken.xid);
      if (settings_.validate) {
        out["faults"] = Json::array();
        for (const Objection& fault : faults) out["faults"].push_back(to_json(fault, taken.version));
      }
      if (settings_.hex) out["hex"] = ofmsg::hex_digits(encoded(taken));
      return print(out);
    }
    if (!settings_.quiet) {
      io_.out << ofmsg::text(taken.lenient.message, taken.version, taken.xid) << '\n';
      if (settings_.hex) io_.out << "hex " << ofmsg::hex_digits(encoded(taken)) << '\n';
      if (settings_.verbose) io_.out << ofmsg::hex_dump(bytes);
    }
    for (const Objection& fault : faults) complain(place, {}, fault.sentence);
  }

  [[nodiscard]] static ofmsg::Bytes encoded(const Taken& taken) {
    ofmsg::Bytes out;
    // Nothing that was decoded fails to be said in its own version; if it did, the line is empty.
    static_cast<void>(ofmsg::encode(out, taken.lenient.message, taken.version, taken.xid));
    return out;
  }

  void print(const Json& json) { io_.out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n'; }

  const Settings& settings_;
  Io& io_;
  std::size_t total_ = 0;
  std::size_t failed_ = 0;
  std::size_t other_bytes_ = 0;
  std::map<std::string_view, std::size_t> classes_;
};

}  // namespace

ExitCode decode(const Settings& settings, Io& io) {
  std::vector<std::string> words = settings.words;
  if (words.empty()) {
    if (io.in_is_terminal) {
      io.err << "sluicectl: nothing to decode\ntry: sluicectl decode 0500000800000001\n     sluicectl decode FILE\n";
      return ExitCode::usage;
    }
    words.emplace_back("-");
  }
  Decoder decoder{settings, io};
  bool unreadable = false;
  for (const std::string& word : words) {
    const Sources sources = settings.lines ? lines_of(word, io) : sources_of(word, io);
    for (const std::string& error : sources.errors) io.err << "sluicectl: " << error << '\n';
    unreadable = unreadable || !sources.errors.empty();
    const bool named =
        sources.found.size() > 1 && !settings.lines && !settings.json && !settings.quiet && !settings.roundtrip;
    for (const Source& source : sources.found) {
      if (named) io.out << "# " << source.name << '\n';
      decoder.decode(source);
    }
  }
  if (unreadable) io.err << "try: sluicectl help decode\n";
  const ExitCode code = decoder.finish();
  return unreadable ? ExitCode::usage : code;
}

}  // namespace sluice::ctl
