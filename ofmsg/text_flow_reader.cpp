// Reads whole flows, with their instructions, as ovs-ofctl takes and prints them.
#include <algorithm>
#include <array>
#include <limits>

#include "ofmsg/text_action_reader.hpp"
#include "ofmsg/text_match_reader.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::array<std::string_view, 18> flow_names{
    "table",         "priority",      "cookie",       "idle_timeout", "hard_timeout", "importance",
    "buffer_id",     "out_port",      "out_group",    "actions",      "idle",         "hard",
    "send_flow_rem", "check_overlap", "reset_counts", "buf",          "instructions", "no_packet_counts"};

struct Flag {
  std::string_view name;
  std::uint16_t bit;
  Version since;
};

constexpr std::array<Flag, 5> flow_flags{{
    {"send_flow_rem", FlowMod::send_flow_rem, v1_0},
    {"check_overlap", FlowMod::check_overlap, v1_0},
    {"reset_counts", FlowMod::reset_counts, v1_2},
    {"no_packet_counts", FlowMod::no_pkt_counts, v1_3},
    {"no_byte_counts", FlowMod::no_byt_counts, v1_3},
}};

Unreadable needs_version(const Pair& pair, Version version, Version since) {
  return unreadable(pair.whole, quoted(pair.key.text) + " does not exist in OpenFlow " + std::string{text(version)},
                    "it needs OpenFlow " + std::string{text(since)} + " or later");
}

// Reads what stands behind "actions=".
class InstructionReader {
 public:
  InstructionReader(Version version, const Match* match) : version_{version}, actions_{version, match} {}

  [[nodiscard]] Read<Instructions> read(Word text) {
    Scanner scanner{text};
    std::optional<Pair> drop;
    std::size_t count = 0;
    while (true) {
      const Read<std::optional<Pair>> pair = scanner.next();
      if (!pair) return Unreadable{pair.error()};
      if (!*pair) break;
      ++count;
      if ((*pair)->key.text == "drop") {
        if (Read<bool> alone = no_argument(**pair); !alone) return Unreadable{alone.error()};
        drop = **pair;
      } else if (const Read<bool> done = take(**pair); !done) {
        return Unreadable{done.error()};
      }
    }
    if (drop && count > 1) {
      return unreadable(drop->whole, "\"drop\" cannot stand beside other actions", "leave out one or the other");
    }
    return std::move(list_);
  }

 private:
  [[nodiscard]] Read<bool> take(const Pair& pair) {
    const std::string_view name = pair.key.text;
    if (name == "apply_actions") {
      return unreadable(pair.whole, "\"apply_actions\" goes without saying", "write the actions themselves");
    }
    const bool instruction = name == "goto_table" || name == "write_metadata" || name == "write_actions" ||
                             name == "clear_actions" || name == "meter";
    // Open vSwitch has an action for it in 1.0.
    if (!instruction || (name == "write_metadata" && version_ == v1_0)) return take_action(pair);
    if (version_ == v1_0) return needs_version(pair, version_, v1_1);
    if (name == "goto_table") {
      const Read<std::uint64_t> table = read_number(pair, 0xfe);
      if (!table) return Unreadable{table.error()};
      return put(pair, GotoTable{static_cast<std::uint8_t>(*table)});
    }
    if (name == "write_metadata") return take_metadata(pair);
    if (name == "write_actions") {
      Read<Actions> inner = actions_.read(pair.value.value_or(pair.whole.part(pair.whole.text.size())));
      if (!inner) return Unreadable{inner.error()};
      return put(pair, WriteActions{std::move(*inner)});
    }
    if (name == "clear_actions") {
      if (Read<bool> alone = no_argument(pair); !alone) return alone;
      return put(pair, ClearActions{});
    }
    if (version_ < v1_3) return needs_version(pair, version_, v1_3);
    const Read<std::uint64_t> id = read_number(pair, 0xffffffff);
    if (!id) return Unreadable{id.error()};
    return put(pair, Meter{static_cast<std::uint32_t>(*id)});
  }

  [[nodiscard]] Read<bool> take_metadata(const Pair& pair) {
    const Word word = pair.value.value_or(pair.whole.part(pair.whole.text.size()));
    const Result<Term, TextError> term = parse_term(Field::metadata, word.text);
    if (!term) return moved(term.error(), word.at);
    return put(pair, WriteMetadata{term->value.lo, term->mask.lo});
  }

  [[nodiscard]] Read<bool> take_action(const Pair& pair) {
    const bool running = !list_.empty() && std::holds_alternative<ApplyActions>(list_.back());
    if (!running) {
      if (Read<bool> done = put(pair, ApplyActions{}); !done) return done;
    }
    return actions_.take(pair, std::get<ApplyActions>(list_.back()).actions);
  }

  // No instruction may come twice [OF 1.3.5 §5.9].
  [[nodiscard]] Read<bool> put(const Pair& pair, Instruction instruction) {
    for (const Instruction& other : list_) {
      if (other.index() != instruction.index()) continue;
      if (std::holds_alternative<ApplyActions>(instruction)) {
        return unreadable(pair.whole, "actions stand on both sides of an instruction", "keep the actions together");
      }
      return unreadable(pair.whole, quoted(pair.key.text) + " is given twice", "keep one");
    }
    list_.push_back(std::move(instruction));
    return true;
  }

  Version version_;
  ActionReader actions_;
  Instructions list_;
};

class FlowReader {
 public:
  FlowReader(Version version, FlowModCommand command) : version_{version} {
    flow_.command = command;
    if (command != FlowModCommand::add && version != v1_0) flow_.table_id = all_tables;
  }

  [[nodiscard]] Read<FlowMod> read(Word text) {
    Scanner scanner{text};
    std::optional<Word> actions;
    while (!actions) {
      const Read<std::optional<Pair>> pair = scanner.next();
      if (!pair) return Unreadable{pair.error()};
      if (!*pair) break;
      const std::string_view name = (*pair)->key.text;
      if (name == "actions" || name == "action" || name == "instructions") {
        actions = scanner.rest_after_key();
        break;
      }
      if (const Read<bool> done = take(**pair); !done) return Unreadable{done.error()};
    }
    Read<Match> match = match_.finish(flow_names);
    if (!match) return Unreadable{match.error()};
    flow_.match = std::move(*match);
    if (version_ == v1_0 && !flow_.match.unknown().empty()) {
      return unreadable(text, "a flow_mod of OpenFlow 1.0 cannot match on fields of Open vSwitch",
                        "use OpenFlow 1.2 or later");
    }
    if (!actions && !deletes()) {
      return unreadable(text, "the flow has no actions", "end it with \"actions=…\", or \"actions=drop\"");
    }
    if (actions) {
      Read<Instructions> instructions = InstructionReader{version_, &flow_.match}.read(*actions);
      if (!instructions) return Unreadable{instructions.error()};
      flow_.instructions = std::move(*instructions);
    }
    return std::move(flow_);
  }

 private:
  [[nodiscard]] bool deletes() const {
    return flow_.command == FlowModCommand::delete_ || flow_.command == FlowModCommand::delete_strict;
  }

  [[nodiscard]] Read<bool> take(const Pair& pair) {
    const std::string_view name = pair.key.text;
    if (name == "any" && !pair.value) return true;
    if (name == "table") return table(pair);
    if (name == "priority") return number(pair, flow_.priority);
    if (name == "idle_timeout" || name == "idle") return number(pair, flow_.idle_timeout);
    if (name == "hard_timeout" || name == "hard") return number(pair, flow_.hard_timeout);
    if (name == "importance") {
      return version_ < v1_4 ? Read<bool>{needs_version(pair, version_, v1_4)} : number(pair, flow_.importance);
    }
    if (name == "buffer_id" || name == "buf") return number(pair, flow_.buffer_id.value);
    if (name == "out_port") return out_port(pair);
    if (name == "out_group") {
      return version_ == v1_0 ? Read<bool>{needs_version(pair, version_, v1_1)} : number(pair, flow_.out_group.value);
    }
    if (name == "cookie") return cookie(pair);
    for (const Flag& flag : flow_flags) {
      if (name != flag.name) continue;
      if (version_ < flag.since) return needs_version(pair, version_, flag.since);
      flow_.flags = static_cast<std::uint16_t>(flow_.flags | flag.bit);
      return no_argument(pair);
    }
    match_.add(pair);
    return true;
  }

  template <class T>
  [[nodiscard]] Read<bool> number(const Pair& pair, T& into) {
    const Read<std::uint64_t> value = read_number(pair, std::numeric_limits<T>::max());
    if (!value) return Unreadable{value.error()};
    into = static_cast<T>(*value);
    return true;
  }

  [[nodiscard]] Read<bool> table(const Pair& pair) {
    std::uint8_t id = 0;
    if (Read<bool> done = number(pair, id); !done) return done;
    if (version_ == v1_0 && id != 0) {
      return unreadable(pair.whole, "OpenFlow 1.0 has one table, 0",
                        "leave the table out, or use OpenFlow 1.1 or later");
    }
    flow_.table_id = id;
    return true;
  }

  [[nodiscard]] Read<bool> out_port(const Pair& pair) {
    const std::optional<PortNo> port = pair.value ? parse_port(pair.value->text) : std::nullopt;
    if (!port) {
      return unreadable(pair.whole, quoted(pair.whole.text) + " names no port", "a port number or a reserved name");
    }
    flow_.out_port = *port;
    return true;
  }

  // "cookie=0x5" sets, "cookie=0x5/0xff" (or /-1) asks which flows are meant.
  [[nodiscard]] Read<bool> cookie(const Pair& pair) {
    const Word word = pair.value.value_or(Word{});
    const std::size_t slash = std::min(word.text.find('/'), word.text.size());
    const Read<std::uint64_t> value = read_number({pair.key, word.part(0, slash), pair.whole}, ~std::uint64_t{0});
    if (!value) return Unreadable{value.error()};
    flow_.cookie = *value;
    if (slash == word.text.size()) {
      if (!deletes()) return true;
      return unreadable(pair.whole, "a deletion sets no cookie",
                        "write " + quoted(std::string{pair.whole.text} + "/-1") + " to delete flows by their cookie");
    }
    if (flow_.command == FlowModCommand::add) {
      return unreadable(word, "a new flow's cookie has no mask", "leave out " + quoted(word.text.substr(slash)));
    }
    if (version_ == v1_0) return unreadable(word, "OpenFlow 1.0 cannot match on cookies", "leave the cookie out");
    const Word mask = word.part(slash + 1);
    flow_.cookie_mask = ~std::uint64_t{0};
    if (mask.text == "-1") return true;
    const Read<std::uint64_t> given = read_number({pair.key, mask, pair.whole}, ~std::uint64_t{0});
    if (!given) return Unreadable{given.error()};
    flow_.cookie_mask = *given;
    return true;
  }

  Version version_;
  FlowMod flow_;
  MatchReader match_{Vocabulary::open_vswitch};
};

}  // namespace

Result<FlowMod, TextError> parse_flow(std::string_view text, Version version, FlowModCommand command) {
  return FlowReader{version, command}.read(trimmed(Word{text}));
}

}  // namespace sluice::ofmsg
