#include "ctl/recording_options.hpp"

#include "slicing/replay/case_file.hpp"

namespace sluice::ctl {

namespace {

using Parsed = cxxopts::ParseResult;

void add_text(cxxopts::OptionAdder& add, const std::string& name, const std::string& help, const std::string& value) {
  add(name, help, cxxopts::value<std::string>(), value);
}

void read_text(const Parsed& parsed, const std::string& name, std::optional<std::string>& into) {
  if (parsed.count(name) != 0) into = parsed[name].as<std::string>();
}

}  // namespace

void add_record_options(cxxopts::OptionAdder&& add) { add_text(add, "for", "so long, as in 60s or 5m", "TIME"); }

void read_record_options(const Parsed& parsed, Settings& settings) {
  if (parsed.count("for") == 0) return;
  const auto time = slicing::replay::parse_wait(parsed["for"].as<std::string>());
  if (!time) throw cxxopts::exceptions::exception{"--for is a time as in 60s, 5m or 1h; 24h are the most"};
  settings.duration = std::chrono::duration_cast<std::chrono::milliseconds>(*time);
}

void add_capture_options(cxxopts::OptionAdder&& add) {
  add_record_options(cxxopts::OptionAdder{add});
  add_text(add, "o,output", "write pcapng to a new file; - is standard output", "FILE");
  add_text(add, "from", "of this recording, instead of the daemon", "RECORDING");
  add_text(add, "slice", "only what has to do with this slice", "NAME");
  add_text(add, "switch", "only at this switch", "NAME");
  add("side", "switch, slice or both", cxxopts::value<std::string>()->default_value("both"), "SIDE");
  add_text(add, "compat", "tcp: the older pcap, with invented TCP, for tools that know only that; without comments",
           "WHAT");
}

void read_capture_options(const Parsed& parsed, Settings& settings) {
  read_record_options(parsed, settings);
  read_text(parsed, "output", settings.output);
  read_text(parsed, "from", settings.from);
  read_text(parsed, "slice", settings.slice_name);
  read_text(parsed, "switch", settings.switch_name);
  read_text(parsed, "compat", settings.compat);
  settings.side = parsed["side"].as<std::string>();
}

void add_replay_options(cxxopts::OptionAdder&& add) {
  add_text(add, "c,config", "another slice file", "FILE");
  add("diff", "with -c: tell every difference");
  add_text(add, "o,output", "write a recording of what was played", "FILE");
  add("anonymise", "without whose it is: see docs/recordings.md");
  add_text(add, "slice", "without what the controllers of other slices say", "NAME");
  add("until", "only so many inputs", cxxopts::value<std::uint64_t>(), "N");
  add("speed", "times as fast as it was, or max", cxxopts::value<std::string>()->default_value("max"), "N");
}

void read_replay_options(const Parsed& parsed, Settings& settings) {
  read_text(parsed, "config", settings.config);
  read_text(parsed, "output", settings.output);
  read_text(parsed, "slice", settings.slice_name);
  settings.diff = parsed.count("diff") != 0;
  settings.anonymise = parsed.count("anonymise") != 0;
  if (parsed.count("until") != 0) settings.until = parsed["until"].as<std::uint64_t>();
  settings.speed = parsed["speed"].as<std::string>();
}

void add_from_options(cxxopts::OptionAdder&& add) {
  add_text(add, "from", "run none, but print cases made of a recording", "RECORDING");
  add_text(add, "c,config", "--from: name this slice file, instead of writing the recording's into the cases", "FILE");
  add_text(add, "slice", "--from: only what the controllers of this slice say", "NAME");
  add("limit", "--from: so many messages that are said, in each case", cxxopts::value<std::uint64_t>(), "N");
}

void read_from_options(const Parsed& parsed, Settings& settings) {
  read_text(parsed, "from", settings.from);
  read_text(parsed, "config", settings.config);
  read_text(parsed, "slice", settings.slice_name);
  if (parsed.count("limit") != 0) settings.until = parsed["limit"].as<std::uint64_t>();
}

}  // namespace sluice::ctl
