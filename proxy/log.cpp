#include "proxy/log.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace sluice::proxy {

namespace {

struct SeverityFacts {
  Severity severity;
  std::string_view name;
  spdlog::level::level_enum level;
};

constexpr std::array severities{
    SeverityFacts{Severity::debug, "debug", spdlog::level::debug},
    SeverityFacts{Severity::info, "info", spdlog::level::info},
    SeverityFacts{Severity::warning, "warning", spdlog::level::warn},
    SeverityFacts{Severity::error, "error", spdlog::level::err},
};

bool is_plain(char c) { return c > ' ' && c != '"' && c != '=' && c != '\\' && c != '\x7f'; }

void append_value(std::string& line, std::string_view value) {
  if (!value.empty() && std::all_of(value.begin(), value.end(), is_plain)) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  line += '"';
}

void append_field(std::string& line, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  line += ' ';
  line += key;
  line += '=';
  append_value(line, value);
}

// The length of `key=value` at the beginning of the text, if there is one and it does not pose as a
// field of ours.
std::size_t pair_size(std::string_view text) {
  constexpr std::array<std::string_view, 6> ours{"level", "event", "msg", "switch", "slice", "suppressed"};
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) return 0;
  const std::string_view key = text.substr(0, equals);
  const auto is_key = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  if (!std::all_of(key.begin(), key.end(), is_key) || std::find(ours.begin(), ours.end(), key) != ours.end()) return 0;
  std::size_t at = equals + 1;
  if (at < text.size() && text[at] == '"') {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\') ++at;
      if (at >= text.size() || static_cast<unsigned char>(text[at]) < 0x20) return 0;
    }
    return at < text.size() ? at + 1 : 0;
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at > equals + 1 ? at : 0;
}

// Does the text consist of `key=value` pairs with one space between them?
bool is_pairs(std::string_view text) {
  while (true) {
    const std::size_t size = pair_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
    if (text.empty()) return true;
    if (text.front() != ' ') return false;
    text.remove_prefix(1);
  }
}

}  // namespace

std::string_view text(Severity severity) { return severities[static_cast<std::size_t>(severity)].name; }

std::optional<Severity> parse_severity(std::string_view name) {
  for (const SeverityFacts& facts : severities) {
    if (facts.name == name) return facts.severity;
  }
  return std::nullopt;
}

std::string log_line(Severity severity, std::string_view event, std::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string line = fmt::format("level={} event={}", text(severity), event);
  line += " msg=\"";
  line += message;
  line += '"';
  for (const LogField& field : fields) append_field(line, field.key, field.value);
  return line;
}

std::optional<std::uint64_t> LogLimit::take(std::string_view kind, std::string_view slice, ofmsg::Time now) {
  const auto [entry, fresh] = buckets_.try_emplace({std::string{kind}, std::string{slice}});
  Bucket& bucket = entry->second;
  if (fresh) bucket.filled = now;
  const auto gained = (now - bucket.filled) / refill;
  if (gained > 0) {
    bucket.tokens = static_cast<unsigned>(std::min<std::int64_t>(burst, bucket.tokens + gained));
    bucket.filled += gained * refill;
  }
  if (bucket.tokens == 0) {
    ++bucket.suppressed;
    return std::nullopt;
  }
  --bucket.tokens;
  return std::exchange(bucket.suppressed, 0);
}

// spdlog, for time stamps and the sink; nothing else in the house knows of it.
class Log::Sink {
 public:
  explicit Sink(std::FILE* to) : logger_{"sluiced", std::make_shared<ToFile>(to)} {
    logger_.set_level(spdlog::level::trace);
    logger_.set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc));
  }

  void write(Severity severity, const std::string& line) {
    logger_.log(severities[static_cast<std::size_t>(severity)].level, spdlog::string_view_t{line});
  }

 private:
  using ToFile = spdlog::sinks::stdout_sink_base<spdlog::details::console_nullmutex>;

  spdlog::logger logger_;
};

Log::Log(Severity least, std::FILE* to) : least_{least}, sink_{std::make_unique<Sink>(to)} {}

Log::~Log() = default;

void Log::write(Severity severity, const std::string& line) { sink_->write(severity, line); }

void Log::say(Severity severity, std::string_view event, std::string_view message,
              std::initializer_list<LogField> fields) {
  if (severity >= least_) write(severity, log_line(severity, event, message, fields));
}

void Log::say_limited(Severity severity, std::string_view event, std::string_view message, ofmsg::Time now,
                      std::initializer_list<LogField> fields) {
  if (severity < least_) return;
  const auto suppressed = limit_.take(event, "", now);
  if (!suppressed) return;
  std::string line = log_line(severity, event, message, fields);
  if (*suppressed > 0) line += fmt::format(" suppressed={}", *suppressed);
  write(severity, line);
}

void Log::note(const slicing::Note& note, ofmsg::Time now) {
  const slicing::NoteFacts& facts = slicing::facts(note.id);
  if (facts.severity < least_) return;
  const auto suppressed = limit_.take(facts.name, note.slice, now);
  if (!suppressed) return;
  std::string line =
      log_line(facts.severity, facts.name, facts.text, {{"switch", note.switch_name}, {"slice", note.slice}});
  if (is_pairs(note.detail)) {
    line += ' ';
    line += note.detail;
  } else {
    append_field(line, "detail", note.detail);
  }
  if (*suppressed > 0) line += fmt::format(" suppressed={}", *suppressed);
  write(facts.severity, line);
}

}  // namespace sluice::proxy
