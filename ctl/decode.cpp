// `sluicectl decode`: messages as text or JSON.
#include <ostream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ctl/messages.hpp"
#include "ctl/program.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/json.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ctl {

namespace {

using Json = nlohmann::ordered_json;
using ofmsg::FrameView;
using ofmsg::Kind;
using ofmsg::Version;

// One message as it is to be printed, or the sentence that says why it cannot be.
struct Shown {
  std::string text;
  bool failed = false;
};

// A kind without a form of its own: what the header says, and the bytes.
std::string header_facts(FrameView frame, Kind kind, Version version, const Settings& settings) {
  if (settings.json) {
    return Json{{"type", ofmsg::text(kind)},
                {"version", ofmsg::text(version)},
                {"xid", frame.xid().value},
                {"length", frame.size()},
                {"body", ofmsg::hex_digits(frame.body())}}
        .dump();
  }
  std::string out = ofmsg::headline(kind, version, frame.xid()) + fmt::format(" length={}", frame.size());
  if (!frame.body().empty()) out += '\n' + ofmsg::hex_dump(frame.body());
  if (out.back() == '\n') out.pop_back();
  return out;
}

Shown show(FrameView frame, const Settings& settings) {
  const ofmsg::Result<Kind> kind = ofmsg::kind_of(frame);
  if (!kind) return {ofmsg::text(kind.error()), true};
  const Version version = *ofmsg::version_of(frame.wire_version());
  const ofmsg::Result<ofmsg::Message> message = ofmsg::decode(frame);
  if (!message) {
    // Legal, but without a form here; the rest is wrong.
    if (message.error().reason == ofmsg::Reason::unsupported) {
      return {header_facts(frame, *kind, version, settings), false};
    }
    return {ofmsg::text(message.error()), true};
  }
  if (settings.json) return {ofmsg::to_json(*message, version, frame.xid()).dump(), false};
  return {ofmsg::text(*message, version, frame.xid()), false};
}

class Decoder {
 public:
  Decoder(const Settings& settings, Io& io) : settings_{settings}, io_{io} {}

  void decode(const Source& source) {
    std::size_t number = 0;
    for (const Piece& piece : cut(source.bytes)) {
      ++number;
      ++total_;
      const auto frame = piece.fault.empty() ? FrameView::of(piece.bytes) : std::nullopt;
      const Shown shown = frame ? show(*frame, settings_) : Shown{piece.fault, true};
      if (shown.failed) {
        fail(source, number, piece, shown.text);
      } else if (!settings_.quiet) {
        io_.out << shown.text << '\n';
        if (settings_.verbose && !settings_.json) io_.out << ofmsg::hex_dump(piece.bytes);
      }
    }
  }

  [[nodiscard]] std::size_t total() const { return total_; }

  [[nodiscard]] std::size_t failed() const { return failed_; }

 private:
  void fail(const Source& source, std::size_t number, const Piece& piece, const std::string& why) {
    ++failed_;
    if (settings_.json) {
      Json error{{"error", why}, {"message", number}, {"offset", piece.offset}};
      if (!source.name.empty()) error["source"] = source.name;
      error["bytes"] = ofmsg::hex_digits(piece.bytes);
      io_.out << error.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
      return;
    }
    const std::string where = source.name.empty() ? "" : source.name + ": ";
    io_.err << fmt::format("sluicectl: {}message {} at byte {}: {}\n", where, number, piece.offset, why);
    if (settings_.verbose) io_.err << ofmsg::hex_dump(piece.bytes);
  }

  const Settings& settings_;
  Io& io_;
  std::size_t total_ = 0;
  std::size_t failed_ = 0;
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
    const Sources sources = sources_of(word, io);
    for (const std::string& error : sources.errors) io.err << "sluicectl: " << error << '\n';
    unreadable = unreadable || !sources.errors.empty();
    for (const Source& source : sources.found) {
      if (sources.found.size() > 1 && !settings.json && !settings.quiet) io.out << "# " << source.name << '\n';
      decoder.decode(source);
    }
  }
  if (unreadable) io.err << "try: sluicectl help decode\n";
  if (decoder.failed() > 0 && decoder.total() > 1) {
    io.err << fmt::format("{} messages, {} not decoded\n", decoder.total(), decoder.failed());
  }
  if (unreadable) return ExitCode::usage;
  return decoder.failed() > 0 ? ExitCode::no : ExitCode::good;
}

}  // namespace sluice::ctl
