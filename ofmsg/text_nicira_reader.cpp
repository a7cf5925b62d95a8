#include "ofmsg/text_nicira_reader.hpp"

#include <algorithm>
#include <array>

#include "ofmsg/text_action_reader.hpp"
#include "ofmsg/text_nicira.hpp"
#include "ofmsg/text_nicira_parts.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::array<std::string_view, 28> words{
    "resubmit",       "load",        "move",       "learn",       "note",         "bundle",         "bundle_load",
    "multipath",      "ct",          "ct_clear",   "fin_timeout", "sample",       "conjunction",    "clone",
    "pop_queue",      "push",        "pop",        "exit",        "set_tunnel",   "set_tunnel64",   "check_pkt_larger",
    "set_mpls_label", "set_mpls_tc", "output_reg", "nat",         "delete_field", "write_metadata", "controller"};

// A set_field of a field that is not the standard's.
UnknownAction other_set_field(const OxmEntry& entry) {
  constexpr std::uint16_t set_field_type = 25;
  UnknownAction action;
  append(action.bytes, set_field_type);
  append(action.bytes, std::uint16_t{0});
  append(action.bytes, ByteView{oxm_bytes(entry)});
  action.bytes.resize((action.bytes.size() + 7) / 8 * 8);
  store(std::span{action.bytes}, 2, static_cast<std::uint16_t>(action.bytes.size()));
  return action;
}

U128 shifted(U128 number, unsigned by) {
  for (unsigned i = 0; i < by; ++i) number = {number.hi << 1U | number.lo >> 63U, number.lo << 1U};
  return number;
}

// 1.5: some bits of a field.
Read<bool> set_part(const Subfield& part, std::uint64_t value, Word where, Actions& into) {
  const std::size_t size = part.field.size();
  if (size == 0) return unreadable(where, "how long " + part.field.name + " is, is not known");
  const U128 bits = shifted(u128(value), part.offset);
  const bool whole = part.count == part.field.bits;
  if (part.field.alias) {
    const U128 mask = whole ? ones(facts(*part.field.alias).bits) : shifted(ones(part.count), part.offset);
    into.emplace_back(SetField{*part.field.alias, bits, mask});
    return true;
  }
  const Bytes mask = whole ? Bytes{} : bytes_of(shifted(ones(part.count), part.offset), size);
  into.emplace_back(other_set_field({part.field, bytes_of(bits, size), mask}));
  return true;
}

}  // namespace

std::span<const std::string_view> NiciraReader::names() { return words; }

Read<bool> NiciraReader::take(const Pair& pair, Actions& into) const {
  constexpr std::array<std::string_view, 10> of_1_0{"write_metadata", "dec_mpls_ttl", "set_queue",    "group",
                                                    "set_mpls_label", "set_mpls_tc",  "set_mpls_ttl", "push_mpls",
                                                    "pop_mpls",       "dec_ttl"};
  const std::string_view name = pair.key.text;
  const Word word = pair.value.value_or(pair.whole.part(pair.whole.text.size()));
  const bool bare = word.text.empty();
  const bool old = version_ == v1_0 && std::find(of_1_0.begin(), of_1_0.end(), name) != of_1_0.end();
  if (old && (name != "dec_ttl" || bare)) return read_old(pair, into);
  if (name == "nat" && depth_ > 0) return read_nat(pair, version_, into);
  if (name == "ct") return ct(word, into);
  if (name == "controller") return controller(pair, into);
  if (!bare && name == "output") return output(word, into);
  if (!bare && name == "move") return move(word, into);
  if (!bare && (name == "load" || name == "reg_load")) return load(word, into);
  if (!bare && name == "clone") {
    Read<Actions> actions = inner(word);
    if (!actions) return Unreadable{actions.error()};
    return put(NxClone{std::move(*actions)}, version_, pair.whole, into);
  }
  return read_plain(pair, version_, into);
}

Read<Actions> NiciraReader::inner(Word text) const {
  if (depth_ + 1 >= max_action_depth) return unreadable(text, "actions stand too deep inside of others");
  return ActionReader{version_, match_, depth_ + 1}.read(text);
}

Read<bool> NiciraReader::move(Word text, Actions& into) const {
  const Read<Arrow> arrow = arrow_of(text);
  if (!arrow) return Unreadable{arrow.error()};
  const Read<Subfield> src = read_subfield(arrow->from);
  if (!src) return Unreadable{src.error()};
  const Read<Subfield> dst = read_subfield(arrow->to);
  if (!dst) return Unreadable{dst.error()};
  if (src->count != dst->count) {
    return unreadable(text, "the two sides differ in width",
                      std::to_string(src->count) + " and " + std::to_string(dst->count) + " bits");
  }
  const auto bits = static_cast<std::uint16_t>(src->count);
  const auto from = static_cast<std::uint16_t>(src->offset), to = static_cast<std::uint16_t>(dst->offset);
  if (version_ >= v1_5) {
    into.emplace_back(CopyField{bits, from, to, src->field.header, dst->field.header});
    return true;
  }
  return put(NxRegMove{bits, from, to, src->field.header, dst->field.header}, version_, text, into);
}

// A number into some bits; since 1.5 that is set_field with a mask.
Read<bool> NiciraReader::load(Word text, Actions& into) const {
  const Read<Arrow> arrow = arrow_of(text);
  if (!arrow) return Unreadable{arrow.error()};
  const Read<Subfield> dst = read_subfield(arrow->to);
  if (!dst) return Unreadable{dst.error()};
  std::uint64_t value = 0;
  if (Read<bool> done = number(arrow->from, value); !done) return done;
  if (dst->count < 64 && value >> dst->count != 0) {
    return unreadable(arrow->from,
                      std::string{arrow->from.text} + " is too large for " + std::to_string(dst->count) + " bits");
  }
  if (version_ >= v1_5) return set_part(*dst, value, arrow->to, into);
  const Read<ShortPart> part = short_part(arrow->to);
  if (part) return put(NxRegLoad{part->bits, part->header, value}, version_, text, into);
  if (dst->offset != 0 || dst->count != dst->field.bits || dst->field.size() == 0) return Unreadable{part.error()};
  const OxmEntry entry{dst->field, bytes_of(u128(value), dst->field.size()), {}};
  return put(NxRegLoad2{{dst->field.header, entry.value, {}}}, version_, text, into);
}

Read<bool> NiciraReader::set_field(Word name, Word value, Actions& into) const {
  // What the version's OXM lacks, NXM may have.
  std::optional<OxmField> field = oxm_field_named(name.text);
  if (field && field->alias && facts(*field->alias).since > version_) field = action_field_named(name.text);
  if (name.text == "in_port") field = action_field_named(name.text);
  if (!field || field->header.oxm_class() == OxmHeader::basic) return false;
  const Read<OxmEntry> entry = read_oxm_value(*field, value);
  if (!entry) return Unreadable{entry.error()};
  const bool masked = !entry->mask.empty();
  if (version_ < v1_2 || (masked && version_ < v1_5)) {
    const OxmHeader header = field->with(masked, entry->value.size());
    return put(NxRegLoad2{{header, entry->value, entry->mask}}, version_, value, into);
  }
  into.emplace_back(other_set_field(*entry));
  return true;
}

// "NXM_NX_REG0[0..15]", or "port=1,max_len=100"; ports are the standard's.
Read<bool> NiciraReader::output(Word text, Actions& into) const {
  if (text.text.starts_with("port=")) {
    const Read<std::vector<Pair>> arguments = pairs_of(text);
    if (!arguments) return Unreadable{arguments.error()};
    NxOutputTrunc action;
    for (const Pair& pair : *arguments) {
      if (pair.key.text == "port" && pair.value) {
        const Read<PortNo16> port = short_port(*pair.value);
        if (!port) return Unreadable{port.error()};
        action.port = *port;
      } else if (pair.key.text == "max_len") {
        if (Read<bool> done = number(pair, action.max_len); !done) return done;
      } else {
        return stray(pair, "output");
      }
    }
    return put(action, version_, text, into);
  }
  if (parse_port(text.text) || text.text.find('[') == std::string_view::npos) return false;
  const Read<Subfield> part = read_subfield(text);
  if (!part) return Unreadable{part.error()};
  if (part->count > BitRange::max_count) return unreadable(text, "a port has not so many bits");
  const BitRange bits{static_cast<std::uint16_t>(part->offset), static_cast<std::uint16_t>(part->count)};
  if (part->field.header.size() > 4) {
    return put(NxOutputReg2{bits, Output::no_buffer, part->field.header}, version_, text, into);
  }
  return put(NxOutputReg{bits, {part->field.header.value}, Output::no_buffer}, version_, text, into);
}

// With more to say than how many bytes.
Read<bool> NiciraReader::controller(const Pair& pair, Actions& into) const {
  constexpr std::array<std::string_view, 6> reasons{"no_match",   "action", "invalid_ttl",
                                                    "action_set", "group",  "packet_out"};
  constexpr std::uint8_t by_action = 1;
  if (!pair.value || pair.value->text.find_first_not_of("0123456789abcdefx") == std::string_view::npos) return false;
  const Read<std::vector<Pair>> arguments = pairs_of(*pair.value);
  if (!arguments) return Unreadable{arguments.error()};
  NxController plain{Output::no_buffer, 0, by_action};
  std::optional<NxUserdata> userdata;
  std::optional<NxPause> pause;
  std::optional<NxMeterId> meter;
  for (const Pair& part : *arguments) {
    Read<bool> done = true;
    const std::string_view key = part.key.text;
    if (key == "max_len") {
      done = number(part, plain.max_len);
    } else if (key == "id") {
      done = number(part, plain.controller_id);
    } else if (key == "meter_id") {
      done = number(part, meter.emplace().meter_id);
    } else if (key == "pause") {
      pause.emplace();
    } else if (key == "reason" && part.value) {
      const auto found = std::find(reasons.begin(), reasons.end(), part.value->text);
      if (found == reasons.end())
        return unreadable(*part.value, "there is no such reason", did_you_mean(part.value->text, reasons));
      plain.reason = static_cast<std::uint8_t>(found - reasons.begin());
    } else if (key == "userdata" && part.value) {
      Read<Bytes> bytes = dotted_bytes(*part.value);
      if (!bytes) return Unreadable{bytes.error()};
      userdata.emplace(NxUserdata{std::move(*bytes)});
    } else {
      return stray(part, "controller");
    }
    if (!done) return done;
  }
  if (!userdata && !pause && !meter) {
    if (plain.controller_id == 0 && plain.reason == by_action) return false;
    return put(plain, version_, pair.whole, into);
  }
  NxController2 action;
  auto& list = action.properties.items;
  if (plain.max_len != Output::no_buffer) list.emplace_back(NxMaxLen{plain.max_len});
  if (plain.controller_id != 0) list.emplace_back(NxControllerId{plain.controller_id});
  if (plain.reason != by_action) list.emplace_back(NxReason{plain.reason});
  if (userdata) list.emplace_back(std::move(*userdata));
  if (pause) list.emplace_back(NxPause{});
  if (meter) list.emplace_back(*meter);
  return put(action, version_, pair.whole, into);
}

Read<bool> NiciraReader::ct(Word text, Actions& into) const {
  constexpr std::uint16_t ftp = 21, tftp = 69;
  const Read<std::vector<Pair>> arguments = pairs_of(text);
  if (!arguments) return Unreadable{arguments.error()};
  NxCt action;
  std::optional<Pair> nat_part;
  for (const Pair& pair : *arguments) {
    const std::string_view key = pair.key.text;
    Read<bool> done = true;
    if (key == "commit") {
      action.flags |= NxCt::commit;
    } else if (key == "force") {
      action.flags |= NxCt::force;
    } else if (key == "table") {
      done = number(pair, action.recirc_table);
    } else if (key == "zone" && pair.value && parse_number(pair.value->text)) {
      done = number(pair, action.zone);
    } else if (key == "zone" && pair.value) {
      const Read<ShortPart> part = short_part(*pair.value);
      if (!part) return Unreadable{part.error()};
      action.zone_src = part->header;
      action.zone = part->bits.packed();
    } else if (key == "alg" && pair.value && (pair.value->text == "ftp" || pair.value->text == "tftp")) {
      action.alg = pair.value->text == "ftp" ? ftp : tftp;
    } else if (key == "alg") {
      done = number(pair, action.alg);
    } else if (key == "nat") {
      nat_part = pair;
    } else if (key == "exec" && pair.value) {
      Read<Actions> actions = inner(*pair.value);
      if (!actions) return Unreadable{actions.error()};
      action.actions = std::move(*actions);
    } else {
      return stray(pair, "ct");
    }
    if (!done) return done;
  }
  if (nat_part) {  // it stands in front, wherever it was written
    Actions first;
    if (Read<bool> done = read_nat(*nat_part, version_, first); !done) return done;
    action.actions.insert(action.actions.begin(), first.begin(), first.end());
  }
  return put(action, version_, text, into);
}

}  // namespace sluice::ofmsg
