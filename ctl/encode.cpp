// `sluicectl encode`: messages from JSON, or from the text of flows, groups, meters and packets, as hexadecimal digits.
#include <istream>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ctl/program.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/json.hpp"
#include "ofmsg/text.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ctl {

namespace {

using Json = nlohmann::ordered_json;
using ofmsg::Envelope;
using ofmsg::Version;

template <class T>
using Read = ofmsg::Result<T, std::string>;

ofmsg::Failure<std::string> fail(std::string why) { return ofmsg::Failure<std::string>{std::move(why)}; }

Read<Envelope> from_document(const std::string& document, Version version) {
  const Json json = Json::parse(document, nullptr, false, true);
  if (json.is_discarded()) return fail("this is no JSON document");
  ofmsg::Result<Envelope, ofmsg::TreeError> envelope = ofmsg::from_json(json, version);
  if (envelope) return std::move(*envelope);
  const auto& [where, what] = envelope.error();
  return fail(where.empty() ? what : where + ": " + what);
}

Read<std::string> encoded(const Envelope& envelope) {
  ofmsg::Bytes bytes;
  const ofmsg::Result<void> done = ofmsg::encode(bytes, envelope.message, envelope.version, envelope.xid);
  if (!done) return fail(ofmsg::text(done.error()));
  return ofmsg::hex_digits(bytes);
}

// One JSON document on each line, one line for each in the answer.
ExitCode encode_lines(const Settings& settings, Io& io) {
  bool all = true;
  std::string line;
  for (std::size_t number = 1; std::getline(io.in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Read<Envelope> envelope = from_document(line, settings.version);
    const Read<std::string> digits = envelope ? encoded(*envelope) : fail(envelope.error());
    if (digits) {
      io.out << *digits << '\n';
    } else {
      all = false;
      io.out << "error: " << digits.error() << '\n';
      io.err << fmt::format("sluicectl: line {}: {}\n", number, digits.error());
    }
  }
  return all ? ExitCode::good : ExitCode::no;
}

Read<Envelope> from_words(const Settings& settings) {
  const std::string& what = settings.words.front();
  std::string text;
  for (std::size_t i = 1; i < settings.words.size(); ++i) text += (text.empty() ? "" : " ") + settings.words[i];
  ofmsg::Result<ofmsg::Message, ofmsg::TextError> message = ofmsg::parse_message(what, text, settings.version);
  if (message) return Envelope{std::move(*message), settings.version, ofmsg::Xid{settings.xid}};
  const ofmsg::TextError& error = message.error();
  return fail(error.message + (error.hint.empty() ? "" : "; " + error.hint));
}

}  // namespace

ExitCode encode(const Settings& settings, Io& io) {
  const bool from_input = settings.words.empty() || (settings.words.size() == 1 && settings.words.front() == "-");
  if (from_input && io.in_is_terminal) {
    io.err << "sluicectl: nothing to encode\ntry: sluicectl encode --of 1.3 flow_mod ip,actions=output:1\n"
              "     sluicectl encode '{\"type\":\"hello\",\"version\":\"1.3\"}'\n";
    return ExitCode::usage;
  }
  if (from_input) return encode_lines(settings, io);
  const std::string& first = settings.words.front();
  const bool document = !first.empty() && first.front() == '{';
  const Read<Envelope> envelope = document ? from_document(first, settings.version) : from_words(settings);
  const Read<std::string> digits = envelope ? encoded(*envelope) : fail(envelope.error());
  if (!digits) {
    io.err << "sluicectl: " << digits.error() << "\ntry: sluicectl help encode\n";
    return ExitCode::no;
  }
  io.out << *digits << '\n';
  return ExitCode::good;
}

}  // namespace sluice::ctl
