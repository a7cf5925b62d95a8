// The only writer of the log: one line for each thing worth reporting, as key=value pairs (logfmt)
// on stderr.
//
//   2026-03-01T12:00:00.123Z level=info event=switch_up msg="switch is up" switch=s1
//
// `event` and `msg` are constant for each kind of line, everything that varies is a value: people
// read them, machines filter by them. What the core reports comes as a Note; slicing/note.hpp is
// the dictionary. What the shell itself has to say (listening, stopping) uses `say`. No kind of
// note may fill the disk: each is limited per slice, and the next line that gets through tells how
// many did not.
#pragma once

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ofmsg/channel.hpp"
#include "slicing/note.hpp"

namespace sluice::proxy {

using slicing::Severity;

[[nodiscard]] std::string_view text(Severity severity);  // "info"
[[nodiscard]] std::optional<Severity> parse_severity(std::string_view text);

struct LogField {
  std::string_view key;
  std::string_view value;  // quoted where needed; a field with an empty value is left out
};

// One line without time and newline. Whatever the values hold, it stays one line, and no value can
// pose as a field.
[[nodiscard]] std::string log_line(Severity severity, std::string_view event, std::string_view message,
                                   std::initializer_list<LogField> fields);

// How many lines of one kind may be written: a burst, then a steady trickle. Keys come from a
// closed table and from the slice file, so their number is bounded.
class LogLimit {
 public:
  static constexpr unsigned burst = 20;
  static constexpr ofmsg::Time refill = std::chrono::seconds{1};  // for one more

  // Nothing: keep silent. Otherwise the number of lines suppressed since the last one.
  [[nodiscard]] std::optional<std::uint64_t> take(std::string_view kind, std::string_view slice, ofmsg::Time now);

 private:
  struct Bucket {
    unsigned tokens = burst;
    ofmsg::Time filled{};  // when the last token came
    std::uint64_t suppressed = 0;
  };

  std::map<std::pair<std::string, std::string>, Bucket, std::less<>> buckets_;
};

class Log {
 public:
  explicit Log(Severity least, std::FILE* to = stderr);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  void note(const slicing::Note& note, ofmsg::Time now);
  void say(Severity severity, std::string_view event, std::string_view message,
           std::initializer_list<LogField> fields = {});
  // The same, limited like notes; for what a peer can bring about at will.
  void say_limited(Severity severity, std::string_view event, std::string_view message, ofmsg::Time now,
                   std::initializer_list<LogField> fields = {});

 private:
  class Sink;

  void write(Severity severity, const std::string& line);

  Severity least_;
  LogLimit limit_;
  std::unique_ptr<Sink> sink_;
};

}  // namespace sluice::proxy
