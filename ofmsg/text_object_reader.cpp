// Reads groups, meters and packets to send, as ovs-ofctl takes and prints them.
#include <algorithm>
#include <array>
#include <limits>

#include "ofmsg/text_action_reader.hpp"
#include "ofmsg/text_match_reader.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

namespace {

Unreadable needs(const Pair& pair, Version version, Version since) {
  return unreadable(pair.whole, quoted(pair.key.text) + " does not exist in OpenFlow " + std::string{text(version)},
                    "it needs OpenFlow " + std::string{text(since)} + " or later");
}

template <class T>
Read<bool> number(const Pair& pair, T& into) {
  const Read<std::uint64_t> value = read_number(pair, std::numeric_limits<T>::max());
  if (!value) return Unreadable{value.error()};
  into = static_cast<T>(*value);
  return true;
}

Read<bool> port_number(const Pair& pair, PortNo& into) {
  const std::optional<PortNo> port = pair.value ? parse_port(pair.value->text) : std::nullopt;
  if (!port)
    return unreadable(pair.whole, quoted(pair.whole.text) + " names no port", "a port number or a reserved name");
  into = *port;
  return true;
}

template <std::size_t N>
Unreadable unknown_name(const Pair& pair, std::string_view of, const std::array<std::string_view, N>& names) {
  const std::string hint = did_you_mean(pair.key.text, names);
  return unreadable(pair.key, quoted(pair.key.text) + " is nothing that " + std::string{of} + " has", hint);
}

// The names of a set, or a sentence with all of them.
template <class E>
Read<E> one_of(const Pair& pair) {
  const std::string_view said = pair.value ? pair.value->text : std::string_view{};
  std::string list;
  for (std::size_t i = 0; i < enum_names<E>.size(); ++i) {
    const std::string_view name = enum_names<E>[i];
    if (!said.empty() && name == said) return static_cast<E>(i);
    if (!name.empty()) list += (list.empty() ? "" : ", ") + std::string{name};
  }
  return unreadable(pair.whole, quoted(pair.whole.text) + " is none of the values", "one of " + list);
}

// --- groups ----------------------------------------------------------------------------------------------------------

// "weight:50,watch_port:1,actions=output:1,…" or the actions at once.
class BucketReader {
 public:
  explicit BucketReader(Version version) : version_{version}, actions_{version, nullptr} {}

  [[nodiscard]] Read<Bucket> read(Word text) {
    Scanner scanner{text};
    while (true) {
      const Read<std::optional<Pair>> pair = scanner.next();
      if (!pair) return Unreadable{pair.error()};
      if (!*pair) return std::move(bucket_);
      const std::string_view name = (*pair)->key.text;
      if (name == "actions" || name == "action") {
        Read<Actions> rest = actions_.read(scanner.rest_after_key());
        if (!rest) return Unreadable{rest.error()};
        bucket_.actions.insert(bucket_.actions.end(), rest->begin(), rest->end());
        return std::move(bucket_);
      }
      if (Read<bool> done = take(**pair); !done) return Unreadable{done.error()};
    }
  }

 private:
  [[nodiscard]] Read<bool> take(const Pair& pair) {
    const std::string_view name = pair.key.text;
    if (name == "weight") return weight(pair);
    if (name == "watch_port") return watch_port(pair);
    if (name == "watch_group") return watch_group(pair);
    if (name == "bucket_id") {
      return version_ < v1_5 ? Read<bool>{needs(pair, version_, v1_5)} : number(pair, bucket_.bucket_id);
    }
    if (name == "drop") return no_argument(pair);
    return actions_.take(pair, bucket_.actions);
  }

  [[nodiscard]] Read<bool> weight(const Pair& pair) {
    std::uint16_t value = 0;
    if (Read<bool> done = number(pair, value); !done) return done;
    if (version_ >= v1_5) {
      bucket_.properties.items.emplace_back(BucketWeight{value});
    } else {
      bucket_.weight = value;
    }
    return true;
  }

  [[nodiscard]] Read<bool> watch_port(const Pair& pair) {
    PortNo value;
    if (Read<bool> done = port_number(pair, value); !done) return done;
    if (version_ >= v1_5) {
      bucket_.properties.items.emplace_back(BucketWatchPort{value});
    } else {
      bucket_.watch_port = value;
    }
    return true;
  }

  [[nodiscard]] Read<bool> watch_group(const Pair& pair) {
    GroupId value;
    if (Read<bool> done = number(pair, value.value); !done) return done;
    if (version_ >= v1_5) {
      bucket_.properties.items.emplace_back(BucketWatchGroup{value});
    } else {
      bucket_.watch_group = value;
    }
    return true;
  }

  Version version_;
  ActionReader actions_;
  Bucket bucket_;
};

// Where the next ",bucket=" begins, outside of parentheses.
std::size_t next_bucket(std::string_view text, std::size_t from) {
  constexpr std::string_view key = "bucket=";
  std::size_t depth = 0;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && depth > 0) --depth;
    const bool first = i == 0 || text[i - 1] == ',' || text[i - 1] == ' ';
    if (depth == 0 && first && text.substr(i).starts_with(key)) return i;
  }
  return text.size();
}

class GroupReader {
 public:
  GroupReader(Version version, GroupModCommand command) : version_{version} { group_.command = command; }

  [[nodiscard]] Read<GroupMod> read(Word text) {
    if (version_ == v1_0) return unreadable(text, "OpenFlow 1.0 has no groups", "use OpenFlow 1.1 or later");
    std::size_t at = next_bucket(text.text, 0);
    if (const Read<bool> done = head(text.part(0, at)); !done) return Unreadable{done.error()};
    constexpr std::size_t key_size = 7;
    while (at < text.text.size()) {
      const std::size_t next = next_bucket(text.text, at + key_size);
      Read<Bucket> bucket = BucketReader{version_}.read(text.part(at + key_size, next - at - key_size));
      if (!bucket) return Unreadable{bucket.error()};
      // Buckets of a new group are numbered where nobody says how.
      if (version_ >= v1_5 && bucket->bucket_id == 0)
        bucket->bucket_id = static_cast<std::uint32_t>(group_.buckets.size());
      group_.buckets.push_back(std::move(*bucket));
      at = next;
    }
    if (group_.group_id.value == GroupId::any)
      return unreadable(text, "the group has no number", "write \"group_id=1\"");
    return std::move(group_);
  }

 private:
  [[nodiscard]] Read<bool> head(Word text) {
    Scanner scanner{text};
    while (true) {
      const Read<std::optional<Pair>> pair = scanner.next();
      if (!pair) return Unreadable{pair.error()};
      if (!*pair) return true;
      if (Read<bool> done = take(**pair); !done) return done;
    }
  }

  [[nodiscard]] Read<bool> take(const Pair& pair) {
    constexpr std::array<std::string_view, 4> names{"group_id", "type", "bucket", "command_bucket_id"};
    const std::string_view name = pair.key.text;
    if (name == "group_id") {
      if (pair.value && pair.value->text == "all") {
        group_.group_id.value = GroupId::all;
        return true;
      }
      return number(pair, group_.group_id.value);
    }
    if (name == "type") {
      Pair other = pair;
      if (pair.value && pair.value->text == "fast_failover") other.value->text = "ff";
      const Read<GroupType> type = one_of<GroupType>(other);
      if (!type) return Unreadable{type.error()};
      group_.type = *type;
      return true;
    }
    if (name == "command_bucket_id") return command_bucket(pair);
    return unknown_name(pair, "a group", names);
  }

  [[nodiscard]] Read<bool> command_bucket(const Pair& pair) {
    if (version_ < v1_5) return needs(pair, version_, v1_5);
    const std::string_view said = pair.value ? pair.value->text : std::string_view{};
    if (said == "first") group_.command_bucket_id = Bucket::first;
    if (said == "last") group_.command_bucket_id = Bucket::last;
    if (said == "all") group_.command_bucket_id = Bucket::all;
    if (said == "first" || said == "last" || said == "all") return true;
    return number(pair, group_.command_bucket_id);
  }

  Version version_;
  GroupMod group_;
};

// --- meters ----------------------------------------------------------------------------------------------------------

class MeterReader {
 public:
  MeterReader(Version version, MeterModCommand command) : version_{version} { meter_.command = command; }

  [[nodiscard]] Read<MeterMod> read(Word text) {
    if (version_ < v1_3) return unreadable(text, "meters need OpenFlow 1.3 or later", "use OpenFlow 1.3");
    Scanner scanner{text};
    bool id = false;
    while (true) {
      const Read<std::optional<Pair>> pair = scanner.next();
      if (!pair) return Unreadable{pair.error()};
      if (!*pair) break;
      const std::string_view name = (*pair)->key.text;
      id = id || name == "meter";
      if (name == "bands" || name == "band") {
        if (const Read<bool> done = bands(scanner.rest_after_key()); !done) return Unreadable{done.error()};
        break;
      }
      if (Read<bool> done = take(**pair); !done) return Unreadable{done.error()};
    }
    if (!id) return unreadable(text, "the meter has no number", "write \"meter=1\"");
    return std::move(meter_);
  }

 private:
  [[nodiscard]] Read<bool> take(const Pair& pair) {
    constexpr std::array<std::string_view, 6> names{"meter", "kbps", "pktps", "burst", "stats", "bands"};
    const std::string_view name = pair.key.text;
    if (name == "meter") return id(pair);
    const auto flag = [&](std::uint16_t bit) {
      meter_.flags = static_cast<std::uint16_t>(meter_.flags | bit);
      return no_argument(pair);
    };
    if (name == "kbps") return flag(MeterMod::kbps);
    if (name == "pktps") return flag(MeterMod::pktps);
    if (name == "burst") return flag(MeterMod::burst);
    if (name == "stats") return flag(MeterMod::stats);
    return unknown_name(pair, "a meter", names);
  }

  [[nodiscard]] Read<bool> id(const Pair& pair) {
    const std::string_view said = pair.value ? pair.value->text : std::string_view{};
    if (said == "all") meter_.meter_id.value = MeterId::all;
    if (said == "controller") meter_.meter_id.value = MeterId::controller;
    if (said == "slowpath") meter_.meter_id.value = MeterId::slowpath;
    if (said == "all" || said == "controller" || said == "slowpath") return true;
    return number(pair, meter_.meter_id.value);
  }

  // "type=drop rate=100 burst_size=10,type=…"; every "type" begins another band.
  [[nodiscard]] Read<bool> bands(Word text) {
    Scanner scanner{text};
    while (true) {
      const Read<std::optional<Pair>> pair = scanner.next();
      if (!pair) return Unreadable{pair.error()};
      if (!*pair) return true;
      if (Read<bool> done = band_part(**pair); !done) return done;
    }
  }

  [[nodiscard]] Read<bool> band_part(const Pair& pair) {
    constexpr std::array<std::string_view, 4> names{"type", "rate", "burst_size", "prec_level"};
    const std::string_view name = pair.key.text;
    auto& items = meter_.bands.items;
    if (name == "type") {
      const std::string_view said = pair.value ? pair.value->text : std::string_view{};
      if (said == "drop") {
        items.emplace_back(BandDrop{});
      } else if (said == "dscp_remark") {
        items.emplace_back(BandDscpRemark{});
      } else {
        return unreadable(pair.whole, quoted(pair.whole.text) + " is no type of band", "one of drop, dscp_remark");
      }
      return true;
    }
    if (items.empty()) return unreadable(pair.whole, "a band begins with its type", "write \"type=drop\" first");
    if (name == "prec_level") {
      auto* remark = std::get_if<BandDscpRemark>(&items.back());
      if (remark == nullptr) return unreadable(pair.whole, "only dscp_remark bands have a prec_level", "leave it out");
      return number(pair, remark->prec_level);
    }
    if (name != "rate" && name != "burst_size") return unknown_name(pair, "a band", names);
    return std::visit(
        [&](auto& band) -> Read<bool> {
          if constexpr (requires { band.rate; }) {
            return number(pair, name == "rate" ? band.rate : band.burst_size);
          } else {
            return true;
          }
        },
        items.back());
  }

  Version version_;
  MeterMod meter_;
};

// --- packets ---------------------------------------------------------------------------------------------------------

std::optional<Bytes> packet_bytes(std::string_view digits) {
  if (digits.starts_with("0x")) digits.remove_prefix(2);
  return parse_bytes(digits);
}

class PacketOutReader {
 public:
  explicit PacketOutReader(Version version) : version_{version} {}

  [[nodiscard]] Read<PacketOut> read(Word text) {
    Scanner scanner{text};
    std::optional<Word> actions;
    while (!actions) {
      const Read<std::optional<Pair>> pair = scanner.next();
      if (!pair) return Unreadable{pair.error()};
      if (!*pair) break;
      const std::string_view name = (*pair)->key.text;
      if (name == "actions" || name == "action") {
        actions = scanner.rest_after_key();
      } else if (Read<bool> done = take(**pair); !done) {
        return Unreadable{done.error()};
      }
    }
    if (version_ >= v1_5) {
      Read<Match> match = match_.finish();
      if (!match) return Unreadable{match.error()};
      out_.match = std::move(*match);
    }
    if (!actions) return unreadable(text, "there are no actions", "end it with \"actions=…\"");
    Read<Actions> list = ActionReader{version_, nullptr}.read(*actions);
    if (!list) return Unreadable{list.error()};
    out_.actions = std::move(*list);
    return std::move(out_);
  }

 private:
  [[nodiscard]] Read<bool> take(const Pair& pair) {
    constexpr std::array<std::string_view, 4> names{"in_port", "packet", "buffer_id", "actions"};
    const std::string_view name = pair.key.text;
    if (name == "buffer_id" || name == "buffer") return number(pair, out_.buffer_id.value);
    if (name == "packet") {
      std::optional<Bytes> bytes = pair.value ? packet_bytes(pair.value->text) : std::nullopt;
      if (!bytes)
        return unreadable(pair.whole, "a packet is hexadecimal digits in pairs", "as in \"packet=ffffffffffff…\"");
      out_.data = std::move(*bytes);
      return true;
    }
    if (version_ >= v1_5) {
      match_.add(pair);
      return true;
    }
    if (name == "in_port") return port_number(pair, out_.in_port);
    return unknown_name(pair, "a packet_out", names);
  }

  Version version_;
  PacketOut out_;
  MatchReader match_{Vocabulary::open_vswitch};
};

// --- one of them by name ---------------------------------------------------------------------------------------------

// Takes a command off the front of the text if one of the names stands there.
template <std::size_t N>
std::size_t take_command(Word& text, const std::array<std::string_view, N>& names) {
  const std::size_t end = std::min(text.text.find_first_of(" \t"), text.text.size());
  const std::string_view first = text.text.substr(0, end);
  const auto* found = std::find(names.begin(), names.end(), first);
  if (found == names.end() || first.empty()) return 0;
  text = trimmed(text.part(end));
  return static_cast<std::size_t>(found - names.begin());
}

template <class T>
Result<Message, TextError> as_message(Result<T, TextError> value) {
  if (!value) return Unreadable{value.error()};
  return Message{std::move(*value)};
}

}  // namespace

Result<GroupMod, TextError> parse_group(std::string_view text, Version version, GroupModCommand command) {
  return GroupReader{version, command}.read(trimmed(Word{text}));
}

Result<MeterMod, TextError> parse_meter(std::string_view text, Version version, MeterModCommand command) {
  return MeterReader{version, command}.read(trimmed(Word{text}));
}

Result<PacketOut, TextError> parse_packet_out(std::string_view text, Version version) {
  return PacketOutReader{version}.read(trimmed(Word{text}));
}

Result<Message, TextError> parse_message(std::string_view kind, std::string_view text, Version version) {
  Word word = trimmed(Word{text});
  if (kind == "flow_mod") {
    const std::size_t command = take_command(word, enum_names<FlowModCommand>);
    return as_message(parse_flow(word.text, version, static_cast<FlowModCommand>(command)));
  }
  if (kind == "group_mod") {
    const std::size_t command = take_command(word, enum_names<GroupModCommand>);
    return as_message(parse_group(word.text, version, static_cast<GroupModCommand>(command)));
  }
  if (kind == "meter_mod") {
    const std::size_t command = take_command(word, enum_names<MeterModCommand>);
    return as_message(parse_meter(word.text, version, static_cast<MeterModCommand>(command)));
  }
  if (kind == "packet_out") return as_message(parse_packet_out(word.text, version));
  constexpr std::array<std::string_view, 4> kinds{"flow_mod", "group_mod", "meter_mod", "packet_out"};
  const std::string hint = did_you_mean(kind, kinds);
  return Unreadable{
      TextError{0, 0, quoted(kind) + " is no kind of message that has a text form",
                hint.empty() ? "flow_mod, group_mod, meter_mod and packet_out have; others take JSON" : hint}};
}

}  // namespace sluice::ofmsg
