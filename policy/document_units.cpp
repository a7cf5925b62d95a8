#include "policy/document_units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace sluice::policy {
namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array counts{Unit{"", 1}, Unit{"k", 1000}, Unit{"M", 1000000}, Unit{"G", 1000000000}};
constexpr std::array spans{Unit{"s", 1}, Unit{"min", 60}, Unit{"h", 3600}};
constexpr std::array sizes{Unit{"", 1},
                           Unit{"B", 1},
                           Unit{"kB", 1000},
                           Unit{"MB", 1000000},
                           Unit{"GB", 1000000000},
                           Unit{"KiB", 1U << 10U},
                           Unit{"MiB", 1U << 20U},
                           Unit{"GiB", 1U << 30U}};
constexpr std::array durations{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60000}, Unit{"h", 3600000}};

std::optional<std::uint64_t> factor_of(std::string_view name, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return std::nullopt;
}

// Digits, then one of the units; what is too large is the largest number.
std::optional<std::uint64_t> whole(std::string_view text, std::span<const Unit> units) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::invalid_argument) return std::nullopt;
  const auto factor = factor_of({rest, static_cast<std::size_t>(end - rest)}, units);
  if (!factor) return std::nullopt;
  return error == std::errc{} && number <= largest / *factor ? number * *factor : largest;
}

// Adds the finding of a string that is not of the form.
template <class T>
std::optional<T> told(Findings& findings, const json::Value& value, std::string_view what, std::optional<T> read,
                      std::string_view kind, std::string_view label) {
  if (!read) {
    findings
        .add(Code::out_of_range, value.at,
             std::string{what} + ": " + quoted(*value.as<std::string>()) + " is not " + std::string{kind})
        .label = label;
  }
  return read;
}

// `count` digits at the front, which are taken away.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  int value = 0;
  if (text.size() < count) return std::nullopt;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
  const auto year = digits(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  return date.ok() ? std::optional{std::chrono::sys_days{date}} : std::nullopt;
}

std::optional<std::chrono::minutes> take_hour_and_minute(std::string_view& text) {
  const auto hour = digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  return std::chrono::hours{*hour} + std::chrono::minutes{*minute};
}

// "Z", "+01:00": how far the clock is ahead of UTC.
std::optional<std::chrono::minutes> take_zone(std::string_view& text) {
  if (take(text, "Zz")) return std::chrono::minutes{0};
  const bool behind = text.starts_with('-');
  if (!take(text, "+-")) return std::nullopt;
  const auto offset = take_hour_and_minute(text);
  if (!offset) return std::nullopt;
  return behind ? -*offset : *offset;
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) { return whole(text, counts); }

std::optional<double> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto span = factor_of(text.substr(slash + 1), spans);
  double number = 0;
  const char* const end = text.data() + slash;
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  const auto factor = factor_of({rest, static_cast<std::size_t>(end - rest)}, counts);
  if (!span || !factor || error != std::errc{} || !std::isfinite(number) || std::signbit(number)) return std::nullopt;
  return number * static_cast<double>(*factor) / static_cast<double>(*span);
}

std::optional<std::uint64_t> parse_size(std::string_view text) { return whole(text, sizes); }

std::optional<Milliseconds> parse_duration(std::string_view text) {
  constexpr std::uint64_t most = std::uint64_t{1000} * 3600 * 24 * 36500;  // a hundred years
  const auto number = whole(text, durations);
  if (!number || *number > most) return std::nullopt;
  return Milliseconds{*number};
}

std::optional<std::chrono::sys_seconds> parse_time(std::string_view text) {
  const auto date = take_date(text);
  if (!date || !take(text, "Tt ")) return std::nullopt;
  const auto clock = take_hour_and_minute(text);
  if (!clock || !take(text, ":")) return std::nullopt;
  const auto second = digits(text, 2);
  if (!second || *second > 60) return std::nullopt;  // 60: a leap second
  if (take(text, ".")) {
    if (!digits(text, 1)) return std::nullopt;
    while (take(text, "0123456789")) {
    }
  }
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return *date + *clock - *zone + std::chrono::seconds{*second};
}

std::optional<std::uint64_t> count_of(Findings& findings, const json::Value& value, std::string_view what,
                                      std::uint64_t least, std::uint64_t most) {
  const auto* text = value.as<std::string>();
  if (text == nullptr) return number_of(findings, value, what, least, most);
  const auto count =
      told(findings, value, what, parse_count(*text), "a count", "write a number, or a number with k, M or G");
  return count ? in_range(findings, value.at, what, count, least, most) : std::nullopt;
}

std::optional<double> rate_of(Findings& findings, const json::Value& value, std::string_view what) {
  if (const auto* text = value.as<std::string>()) {
    return told(findings, value, what, parse_rate(*text), "a rate", "write it as in \"500/s\", \"2k/min\" or \"1M/h\"");
  }
  const auto number = number_of(findings, value, what, 0, 1000000000000);
  return number ? std::optional{static_cast<double>(*number)} : std::nullopt;
}

std::optional<std::uint64_t> size_of(Findings& findings, const json::Value& value, std::string_view what) {
  if (const auto* text = value.as<std::string>()) {
    return told(findings, value, what, parse_size(*text), "a size", "write bytes, or as in \"64KiB\", \"4MB\"");
  }
  return number_of(findings, value, what, 0, std::uint64_t{1} << 62U);
}

std::optional<Milliseconds> duration_of(Findings& findings, const json::Value& value, std::string_view what) {
  if (const auto* text = value.as<std::string>()) {
    return told(findings, value, what, parse_duration(*text), "a duration",
                "write it as in \"200ms\", \"5s\", \"2m\", \"1h\"");
  }
  const auto seconds = number_of(findings, value, what, 0, 3153600000);
  return seconds ? std::optional{Milliseconds{*seconds * 1000}} : std::nullopt;
}

std::optional<std::chrono::sys_seconds> time_of(Findings& findings, const json::Value& value, std::string_view what) {
  if (string_of(findings, value, what) == nullptr) return std::nullopt;
  return told(findings, value, what, parse_time(*value.as<std::string>()), "a time",
              "write it as in \"2027-01-31T18:00:00Z\"");
}

}  // namespace sluice::policy
