// `sluicectl decode`: messages as text or JSON, what is wrong with them, and whether they survive a round trip.
#include <ctime>
#include <map>
#include <ostream>
#include <utility>

#include <fmt/chrono.h>
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

// "2024-05-06T07:08:09.123456Z", with nanoseconds if there are some.
std::string time_text(std::chrono::nanoseconds since_1970) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_1970);
  const auto rest = (since_1970 - seconds).count();
  const std::string fraction = rest % 1000 == 0 ? fmt::format("{:06}", rest / 1000) : fmt::format("{:09}", rest);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{}Z", fmt::gmtime(static_cast<std::time_t>(seconds.count())), fraction);
}

Version version_in(ofmsg::ByteView bytes) {
  const auto wire = bytes.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(bytes[0]);
  return ofmsg::version_of(wire).value_or(ofmsg::v1_5);
}

class Decoder {
 public:
  Decoder(const Settings& settings, Io& io) : settings_{settings}, io_{io} {}

  void decode(const Item& item) {
    ++total_;
    // A line is one message, and what follows it is wrong.
    const ofmsg::ByteView bytes = settings_.lines ? ofmsg::ByteView{item.source->bytes} : item.piece.bytes;
    const ofmsg::Result<Taken, Objection> taken = take(bytes);
    if (!taken) return refuse(item, bytes, taken.error());
    if (settings_.version_of) return say_version(*taken, item, bytes);
    if (settings_.roundtrip) return say_round_trip(*taken, item, bytes);
    say(*taken, item, bytes);
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
  void refuse(const Item& item, ofmsg::ByteView bytes, const Objection& why) {
    ++failed_;
    if (settings_.json) {
      Json out{{"error", why.sentence}, {"level", text(why.level)}};
      if (why.reason) out["reason"] = ofmsg::text(*why.reason);
      if (const auto error = owed(why, version_in(bytes))) {
        out["openflow_error"] = {
            {"type", error->type}, {"code", error->code}, {"name", ofmsg::text(*error, version_in(bytes))}};
      }
      out["message"] = item.number;
      out["offset"] = item.piece.offset;
      if (!item.source->name.empty()) out["source"] = item.source->name;
      out["bytes"] = ofmsg::hex_digits(bytes);
      return print(std::move(out), item);
    }
    complain(item, bytes, why.sentence);
  }

  void complain(const Item& item, ofmsg::ByteView bytes, const std::string& why) {
    const std::string where = item.source->name.empty() ? "" : item.source->name + ": ";
    io_.err << fmt::format("sluicectl: {}message {} at byte {}: {}\n", where, item.number, item.piece.offset, why);
    if (settings_.verbose) io_.err << ofmsg::hex_dump(bytes);
  }

  void say_version(const Taken& taken, const Item& item, ofmsg::ByteView bytes) {
    const auto wire = std::to_integer<unsigned>(bytes[0]);
    const bool known = ofmsg::version_of(static_cast<std::uint8_t>(wire)).has_value();
    if (settings_.json) {
      Json out{{"wire", wire}};
      if (known) out["version"] = ofmsg::text(taken.version);
      return print(std::move(out), item);
    }
    io_.out << (known ? std::string{ofmsg::text(taken.version)} : fmt::format("unknown ({})", wire)) << '\n';
  }

  void say_round_trip(const Taken& taken, const Item& item, ofmsg::ByteView bytes) {
    const RoundTrip trip = round_trip(taken, bytes);
    if (!trip.passed) ++failed_;
    if (trip.passed && !trip.same_bytes) ++other_bytes_;
    for (const std::string_view name : trip.classes) ++classes_[name];
    if (settings_.json) {
      Json out{{"roundtrip", trip.same_bytes ? "same" : trip.passed ? "differs" : "failed"}};
      if (!trip.passed) out["error"] = trip.reason;
      if (!trip.classes.empty()) out["classes"] = trip.classes;
      if (!trip.same_bytes) out["hex"] = ofmsg::hex_digits(trip.bytes);
      return print(std::move(out), item);
    }
    if (!trip.passed) complain(item, bytes, trip.reason);
  }

  void say(const Taken& taken, const Item& item, ofmsg::ByteView bytes) {
    const std::vector<Objection> faults = settings_.validate ? faults_of(taken) : std::vector<Objection>{};
    if (!faults.empty()) ++failed_;
    if (settings_.json) {
      Json out = ofmsg::to_json(taken.lenient.message, taken.version, taken.xid);
      if (settings_.validate) {
        out["faults"] = Json::array();
        for (const Objection& fault : faults) out["faults"].push_back(to_json(fault, taken.version));
      }
      if (settings_.hex) out["hex"] = ofmsg::hex_digits(encoded(taken));
      return print(std::move(out), item);
    }
    if (!settings_.quiet) {
      if (item.captured) {
        io_.out << fmt::format("# {}  {}\n", time_text(item.captured->time), item.source->stream);
      }
      io_.out << ofmsg::text(taken.lenient.message, taken.version, taken.xid) << '\n';
      if (settings_.hex) io_.out << "hex " << ofmsg::hex_digits(encoded(taken)) << '\n';
      if (settings_.verbose) io_.out << ofmsg::hex_dump(bytes);
    }
    for (const Objection& fault : faults) complain(item, {}, fault.sentence);
  }

  [[nodiscard]] static ofmsg::Bytes encoded(const Taken& taken) {
    ofmsg::Bytes out;
    // Nothing that was decoded fails to be said in its own version; if it did, the line is empty.
    static_cast<void>(ofmsg::encode(out, taken.lenient.message, taken.version, taken.xid));
    return out;
  }

  // One line of JSON; of a capture with the time of the message and the stream that it was in.
  void print(Json json, const Item& item) {
    if (item.captured) {
      json["time"] = time_text(item.captured->time);
      json["stream"] = item.source->stream;
    }
    io_.out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }

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
    if (!settings.quiet) {
      for (const std::string& note : sources.notes) io.err << "sluicectl: " << note << '\n';
    }
    // Messages of a capture say themselves where they come from.
    const bool headings =
        sources.found.size() > 1 && !settings.lines && !settings.json && !settings.quiet && !settings.roundtrip;
    Walk walk{sources.found};
    while (const std::optional<Item> item = walk.next()) {
      if (headings && item->number == 1 && !item->captured) io.out << "# " << item->source->name << '\n';
      decoder.decode(*item);
      // The rest of a line was judged with its first message.
      if (settings.lines) walk.skip_rest();
    }
  }
  if (unreadable) io.err << "try: sluicectl help decode\n";
  const ExitCode code = decoder.finish();
  return unreadable ? ExitCode::usage : code;
}

}  // namespace sluice::ctl
