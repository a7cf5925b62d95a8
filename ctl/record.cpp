// `sluicectl record` and `sluicectl capture`: what a running daemon does, as a recording, for Wireshark, or as lines.
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <ostream>

#include <fmt/format.h>

#include "ctl/capture_writer.hpp"
#include "ctl/program.hpp"
#include "ctl/recording_source.hpp"
#include "ctl/text_input.hpp"
#include "ctl/traffic.hpp"
#include "ofmsg/text_scan.hpp"
#include "slicing/replay/difference_text.hpp"

namespace sluice::ctl {

namespace {

namespace replay = slicing::replay;

// A file of this folder that is not there yet.
std::string new_file_in(const std::string& folder) {
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  std::error_code nothing;
  std::string path;
  unsigned taken = 0;
  do path = folder + "/" + replay::recording_name(now.count(), taken++);
  while (std::filesystem::exists(path, nothing));
  return path;
}

// What it holds is not for everybody.
bool make_file(const std::string& path, Io& io) {
  const std::string why = make_private(path);
  if (!why.empty()) io.err << fmt::format("sluicectl: {} cannot be written: {}\n", path, why);
  return why.empty();
}

// 12:00:01.250
std::string clock_text(std::int64_t milliseconds) {
  const std::time_t seconds = milliseconds / 1000;
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds % 1000);
}

bool read_filter(const Settings& settings, TrafficFilter& filter, Io& io) {
  filter.slice = settings.slice_name.value_or("");
  filter.switch_name = settings.switch_name.value_or("");
  using Side = TrafficFilter::Side;
  if (settings.side != "both" && settings.side != "switch" && settings.side != "slice") {
    static_cast<void>(wrong_usage(io, "--side is switch, slice or both", "sluicectl help capture"));
    return false;
  }
  filter.side = settings.side == "both" ? Side::both : settings.side == "switch" ? Side::switch_ : Side::slice;
  for (const std::string& word : settings.words) {
    const auto kind = ofmsg::parse_kind(word);
    if (!kind) {
      std::vector<std::string_view> names;
      for (std::size_t i = 0; i < ofmsg::kind_count; ++i) names.push_back(ofmsg::text(static_cast<ofmsg::Kind>(i)));
      const std::string hint = ofmsg::did_you_mean(word, names);
      static_cast<void>(
          wrong_usage(io, fmt::format("\"{}\" is no kind of message{}{}", word, hint.empty() ? "" : "; ", hint),
                      "sluicectl capture flow_mod packet_in error"));
      return false;
    }
    filter.kinds.push_back(*kind);
  }
  return true;
}

// Where a capture goes.
class Output {
 public:
  Output(const Settings& settings, Io& io) : settings_{settings}, io_{io} {}

  bool open() {
    if (!settings_.output) return true;
    const CaptureForm form = settings_.compat == "tcp" ? CaptureForm::pcap_of_tcp : CaptureForm::pcapng;
    if (*settings_.output != "-") {
      if (!make_file(*settings_.output, io_)) return false;
      file_.open(*settings_.output, std::ios::binary);
    }
    writer_.emplace(form, "sluicectl " SLUICE_VERSION);
    return flush();
  }

  void show(const Passing& passing, const Traffic& traffic) {
    ++messages_;
    const std::string name = replay::text(*passing.end, traffic.policy());
    if (!writer_) {
      const std::int64_t wall =
          traffic.epoch() + std::chrono::duration_cast<std::chrono::milliseconds>(passing.at).count();
      io_.out << fmt::format("{} {}\n", clock_text(wall),
                             passing.said ? replay::said_by(*passing.end, passing.frame, traffic.policy())
                                          : replay::heard_by(*passing.end, passing.frame, traffic.policy()));
      if (settings_.verbose && !passing.comment.empty()) io_.out << "             " << passing.comment << '\n';
      return;
    }
    const auto wall = static_cast<std::uint64_t>(traffic.epoch() * 1000000 + passing.at.count());
    const bool is_switch = passing.end->is_switch();
    writer_->add(fmt::format("{} ({} side)", name, is_switch ? "switch" : "slice"), is_switch != passing.said, wall,
                 passing.frame.bytes(), passing.comment);
  }

  // False: it cannot be written any more.
  bool flush() {
    std::ostream& out = writer_ && *settings_.output != "-" ? static_cast<std::ostream&>(file_) : io_.out;
    if (writer_) {
      const ofmsg::Bytes bytes = writer_->take();
      out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    out.flush();
    if (!out) io_.err << "sluicectl: the capture cannot be written\n";
    return static_cast<bool>(out);
  }

  [[nodiscard]] std::uint64_t messages() const { return messages_; }

 private:
  const Settings& settings_;
  Io& io_;
  std::ofstream file_;
  std::optional<CaptureWriter> writer_;
  std::uint64_t messages_ = 0;
};

}  // namespace

ExitCode record(const Settings& settings, Io& io) {
  if (settings.words.size() != 1) {
    return wrong_usage(io, "to which file, or into which folder?", "sluicectl record --for 60s friday.slicerec");
  }
  std::string path = settings.words.front();
  std::error_code nothing;
  if (std::filesystem::is_directory(path, nothing)) path = new_file_in(path);
  std::ofstream file;
  std::uint64_t written = 0;
  bool failed = false;
  const ExitCode code = follow_daemon("record", settings, io, [&](std::string_view bytes) {
    if (!file.is_open()) {
      if (!make_file(path, io)) return !(failed = true);
      file.open(path, std::ios::binary);
      if (!settings.quiet) io.err << fmt::format("recording to {}; end with Ctrl-C\n", path);
    }
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    written += bytes.size();
    if (!file) io.err << fmt::format("sluicectl: {} cannot be written any more\n", path);
    return !(failed = !file);
  });
  file.close();
  if (written > 0 && !failed && !file) {
    io.err << fmt::format("sluicectl: {} cannot be written any more\n", path);
    failed = true;
  }
  if (failed) return ExitCode::usage;
  if (code != ExitCode::good) return code;
  if (!settings.quiet) io.out << fmt::format("{}: {} bytes\n", path, written);
  return ExitCode::good;
}

ExitCode capture(const Settings& settings, Io& io) {
  TrafficFilter filter;
  if (!read_filter(settings, filter, io)) return ExitCode::usage;
  if (settings.compat && *settings.compat != "tcp") {
    return wrong_usage(io, "--compat is tcp", "sluicectl help capture");
  }
  if (settings.compat && !settings.output) {
    return wrong_usage(io, "--compat is for a file", "sluicectl capture --compat tcp -o s1.pcapng");
  }
  Output output{settings, io};
  Traffic* known = nullptr;
  Traffic traffic{filter, [&](const Passing& passing) { output.show(passing, *known); }};
  known = &traffic;
  if (!output.open()) return ExitCode::usage;
  const auto take = [&traffic](const replay::RecordingReader::Block& block) { return traffic.take(block); };
  ExitCode code = ExitCode::good;
  if (settings.from) {
    code = read_recording(*settings.from, io, take);
    if (!output.flush()) return ExitCode::usage;
  } else {
    BlockCutter cutter{take};
    std::string trouble;
    bool written = true;
    code = follow_daemon("capture", settings, io, [&](std::string_view bytes) {
      if (const auto done = cutter.feed(bytes); !done) trouble = done.error();
      written = output.flush();
      return written && trouble.empty();
    });
    if (!written) return ExitCode::usage;
    if (!trouble.empty()) {
      io.err << fmt::format("sluicectl: what the daemon sends cannot be read: {}\n", trouble);
      return ExitCode::internal;
    }
  }
  if (code == ExitCode::good && settings.output && *settings.output != "-" && !settings.quiet) {
    io.out << fmt::format("{}: {} messages\n", *settings.output, output.messages());
  }
  return code;
}

}  // namespace sluice::ctl
