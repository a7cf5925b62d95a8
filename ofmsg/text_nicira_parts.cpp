#include "ofmsg/text_nicira_parts.hpp"

namespace sluice::ofmsg {

Read<std::vector<Pair>> pairs_of(Word text) {
  std::vector<Pair> out;
  Scanner scanner{text};
  while (true) {
    const Read<std::optional<Pair>> pair = scanner.next();
    if (!pair) return Unreadable{pair.error()};
    if (!*pair) return out;
    out.push_back(**pair);
  }
}

std::vector<Word> cut(Word text, char at) {
  std::vector<Word> out;
  std::size_t from = 0;
  while (true) {
    const std::size_t end = std::min(text.text.find(at, from), text.text.size());
    out.push_back(trimmed(text.part(from, end - from)));
    if (end == text.text.size()) return out;
    from = end + 1;
  }
}

Read<PortNo16> short_port(Word word) {
  const std::optional<PortNo> port = parse_port(word.text);
  if (port && to_1_0(*port)) return PortNo16{*port};
  return unreadable(word, quoted(word.text) + " is not a port of 16 bits");
}

// A part of a field whose header must fit 32 bits.
Read<ShortPart> short_part(Word word) {
  const Read<Subfield> part = read_subfield(word);
  if (!part) return Unreadable{part.error()};
  if (part->field.header.size() > 4 || part->count > BitRange::max_count || part->field.size() == 0) {
    return unreadable(word, quoted(word.text) + " cannot be used here");
  }
  return ShortPart{{part->field.header.value},
                   {static_cast<std::uint16_t>(part->offset), static_cast<std::uint16_t>(part->count)}};
}

Read<Arrow> arrow_of(Word text) {
  const std::size_t at = text.text.find("->");
  if (at == std::string_view::npos) return unreadable(text, "an arrow is missing", "write \"->\" and a field");
  return Arrow{trimmed(text.part(0, at)), trimmed(text.part(at + 2))};
}

Unreadable stray(const Pair& pair, std::string_view action) {
  return unreadable(pair.whole, quoted(pair.key.text) + " means nothing in " + quoted(action));
}

Read<Bytes> dotted_bytes(Word text) {
  Bytes bytes;
  for (const Word& byte : cut(text, '.')) {
    const auto value = parse_number("0x" + std::string{byte.text});
    if (!value || *value > 0xff) return unreadable(byte, quoted(byte.text) + " is not a byte in hexadecimal");
    bytes.push_back(static_cast<std::byte>(*value));
  }
  return bytes;
}

namespace {

// "PORT", "PORT,TABLE", ",TABLE", "PORT,TABLE,ct".
Read<bool> resubmit(Word text, Version version, Actions& into) {
  const std::vector<Word> parts = cut(text);
  PortNo16 in_port{port::in_port};
  std::uint8_t table = 0xff;
  if (!parts[0].text.empty()) {
    const Read<PortNo16> port = short_port(parts[0]);
    if (!port) return Unreadable{port.error()};
    in_port = *port;
  }
  if (parts.size() > 1 && !parts[1].text.empty()) {
    if (Read<bool> done = number(parts[1], table); !done) return done;
  }
  if (parts.size() > 3 || (parts.size() == 3 && parts[2].text != "ct")) {
    return unreadable(text, "this is not how resubmit is written", "as in \"resubmit(1,2)\" or \"resubmit(,2,ct)\"");
  }
  if (parts.size() == 3) return put(NxResubmitTableCt{in_port, table}, version, text, into);
  if (parts.size() == 2) return put(NxResubmitTable{in_port, table}, version, text, into);
  return put(NxResubmit{in_port}, version, text, into);
}

Read<bool> note(Word text, Version version, Actions& into) {
  Read<Bytes> bytes = dotted_bytes(text);
  if (!bytes) return Unreadable{bytes.error()};
  return put(NxNote{std::move(*bytes)}, version, text, into);
}

template <class A>
Read<bool> bundle(Word text, Version version, Actions& into) {
  constexpr bool loads = std::same_as<A, NxBundleLoad>;
  constexpr std::size_t fixed = loads ? 5 : 4;
  constexpr std::array<std::string_view, 2> lists{"members:", "slaves:"};
  std::vector<Word> parts = cut(text);
  A action;
  if (parts.size() < fixed + 1) return unreadable(text, "a bundle needs more arguments");
  if (Read<bool> done = enumerator(parts[0], action.fields); !done) return done;
  if (Read<bool> done = number(parts[1], action.basis); !done) return done;
  if (Read<bool> done = enumerator(parts[2], action.algorithm); !done) return done;
  if (parts[3].text != "ofport") return unreadable(parts[3], "only \"ofport\" is known here");
  if constexpr (loads) {
    const Read<ShortPart> part = short_part(parts[4]);
    if (!part) return Unreadable{part.error()};
    action.dst = part->header;
    action.bits = part->bits.packed();
  }
  for (const std::string_view list : lists) {
    if (parts[fixed].text.starts_with(list)) parts[fixed] = parts[fixed].part(list.size());
  }
  for (std::size_t i = fixed; i < parts.size(); ++i) {
    if (parts[i].text.empty()) continue;
    const Read<PortNo16> port = short_port(parts[i]);
    if (!port) return Unreadable{port.error()};
    action.members.push_back(*port);
  }
  return put(action, version, text, into);
}

Read<bool> multipath(Word text, Version version, Actions& into) {
  const std::vector<Word> parts = cut(text);
  NxMultipath action;
  if (parts.size() != 6) return unreadable(text, "multipath takes six arguments");
  if (Read<bool> done = enumerator(parts[0], action.fields); !done) return done;
  if (Read<bool> done = number(parts[1], action.basis); !done) return done;
  if (Read<bool> done = enumerator(parts[2], action.algorithm); !done) return done;
  std::uint32_t links = 0;
  if (Read<bool> done = number(parts[3], links); !done) return done;
  if (links == 0 || links > 0x10000) return unreadable(parts[3], "there can be 1 to 65536 links");
  action.max_link = static_cast<std::uint16_t>(links - 1);
  if (Read<bool> done = number(parts[4], action.arg); !done) return done;
  const Read<ShortPart> part = short_part(parts[5]);
  if (!part) return Unreadable{part.error()};
  action.dst = part->header;
  action.bits = part->bits;
  return put(action, version, text, into);
}

Read<bool> conjunction(Word text, Version version, Actions& into) {
  const std::vector<Word> parts = cut(text);
  const std::vector<Word> clause = parts.size() == 2 ? cut(parts[1], '/') : std::vector<Word>{};
  if (clause.size() != 2) return unreadable(text, "this is not a conjunction", "as in \"conjunction(1,2/3)\"");
  NxConjunction action;
  if (Read<bool> done = number(parts[0], action.id); !done) return done;
  if (Read<bool> done = number(clause[0], action.clause); !done) return done;
  if (Read<bool> done = number(clause[1], action.n_clauses); !done) return done;
  if (action.clause == 0 || action.clause > action.n_clauses) return unreadable(clause[0], "there is no such clause");
  --action.clause;
  return put(action, version, text, into);
}

Read<bool> fin_timeout(Word text, Version version, Actions& into) {
  const Read<std::vector<Pair>> arguments = pairs_of(text);
  if (!arguments) return Unreadable{arguments.error()};
  NxFinTimeout action;
  for (const Pair& pair : *arguments) {
    const bool idle = pair.key.text == "idle_timeout";
    if (!idle && pair.key.text != "hard_timeout") return stray(pair, "fin_timeout");
    if (Read<bool> done = number(pair, idle ? action.idle_timeout : action.hard_timeout); !done) return done;
  }
  return put(action, version, text, into);
}

Read<bool> sample(Word text, Version version, Actions& into) {
  const Read<std::vector<Pair>> arguments = pairs_of(text);
  if (!arguments) return Unreadable{arguments.error()};
  NxSample3 action;
  action.sampling_port = {port::any};
  bool more = false;
  for (const Pair& pair : *arguments) {
    Read<bool> done = true;
    if (pair.key.text == "probability") {
      done = number(pair, action.probability);
    } else if (pair.key.text == "collector_set_id") {
      done = number(pair, action.collector_set_id);
    } else if (pair.key.text == "obs_domain_id") {
      done = number(pair, action.obs_domain_id);
    } else if (pair.key.text == "obs_point_id") {
      done = number(pair, action.obs_point_id);
    } else if (pair.key.text == "sampling_port" && pair.value) {
      const Read<PortNo16> port = short_port(*pair.value);
      if (!port) return Unreadable{port.error()};
      action.sampling_port = *port;
      more = true;
    } else {
      done = enumerator(pair.key, action.direction);
      more = true;
    }
    if (!done) return done;
  }
  if (!more) {
    return put(NxSample{action.probability, action.collector_set_id, action.obs_domain_id, action.obs_point_id},
               version, text, into);
  }
  if (action.direction != NxSampleDirection::none) return put(action, version, text, into);
  return put(NxSample2{action.probability, action.collector_set_id, action.obs_domain_id, action.obs_point_id,
                       action.sampling_port, action.direction},
             version, text, into);
}

template <class A>
Read<bool> stack(Word text, Version version, Actions& into) {
  const Read<Subfield> part = read_subfield(text);
  if (!part) return Unreadable{part.error()};
  return put(A{static_cast<std::uint16_t>(part->offset), part->field.header, static_cast<std::uint16_t>(part->count)},
             version, text, into);
}

// "(200)->NXM_NX_REG0[0]"
Read<bool> check_pkt_larger(Word text, Version version, Actions& into) {
  const Read<Arrow> arrow = arrow_of(text);
  if (!arrow) return Unreadable{arrow.error()};
  const Word size = arrow->from;
  NxCheckPktLarger action;
  const bool enclosed = size.text.starts_with('(') && size.text.ends_with(')');
  if (Read<bool> done = number(enclosed ? size.part(1, size.text.size() - 2) : size, action.pkt_len); !done)
    return done;
  const Read<Subfield> part = read_subfield(arrow->to);
  if (!part) return Unreadable{part.error()};
  if (part->count != 1) return unreadable(arrow->to, "the result is one bit");
  action.offset = static_cast<std::uint16_t>(part->offset);
  action.dst = part->field.header;
  return put(action, version, text, into);
}

Read<bool> delete_field(Word text, Version version, Actions& into) {
  const Read<Subfield> part = read_subfield(text);
  if (!part) return Unreadable{part.error()};
  return put(NxDeleteField{part->field.header}, version, text, into);
}

// "src=10.0.0.1-10.0.0.9:1-99", an address of IPv6 with ports in brackets.
Read<bool> nat_range(Word text, NxNat& nat) {
  const bool v6 = text.text.starts_with('[') || std::count(text.text.begin(), text.text.end(), ':') > 1;
  std::size_t ports = std::string_view::npos;
  if (!v6) {
    ports = text.text.find(':');
  } else if (text.text.starts_with('[')) {
    ports = text.text.find(':', text.text.rfind(']'));
  }
  const auto each = [&](Word range, auto take) -> Read<bool> {
    const std::vector<Word> ends = cut(range, '-');
    if (ends.size() > 2) return unreadable(range, quoted(range.text) + " is not a range");
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (Read<bool> done = take(ends[i], i); !done) return done;
    }
    return true;
  };
  const auto mark = [&](std::uint16_t bit) { nat.range_present = static_cast<std::uint16_t>(nat.range_present | bit); };
  if (ports != std::string_view::npos) {
    Read<bool> done = each(text.part(ports + 1), [&](Word word, std::size_t i) {
      mark(i == 0 ? NxNat::proto_min : NxNat::proto_max);
      return number(word, nat.proto[i]);
    });
    if (!done) return done;
  }
  if (ports == 0) return true;
  return each(text.part(0, ports), [&](Word word, std::size_t i) -> Read<bool> {
    if (word.text.starts_with('[') && word.text.ends_with(']')) word = word.part(1, word.text.size() - 2);
    const std::optional<std::uint32_t> ip = parse_ipv4(word.text);
    const std::optional<U128> ip6 = parse_ipv6(word.text);
    if (!ip && !ip6) return unreadable(word, quoted(word.text) + " is not an address");
    if (ip) {
      mark(i == 0 ? NxNat::ipv4_min : NxNat::ipv4_max);
      nat.ipv4[i] = *ip;
      return true;
    }
    mark(i == 0 ? NxNat::ipv6_min : NxNat::ipv6_max);
    const Bytes bytes = bytes_of(*ip6, nat.ipv6[i].size());
    for (std::size_t at = 0; at < bytes.size(); ++at) nat.ipv6[i][at] = std::to_integer<std::uint8_t>(bytes[at]);
    return true;
  });
}

}  // namespace

Read<bool> read_nat(const Pair& pair, Version version, Actions& into) {
  NxNat action;
  const Read<std::vector<Pair>> arguments = pairs_of(pair.value.value_or(pair.whole.part(pair.whole.text.size())));
  if (!arguments) return Unreadable{arguments.error()};
  const auto flag = [&](std::uint16_t bit) { action.flags = static_cast<std::uint16_t>(action.flags | bit); };
  for (const Pair& part : *arguments) {
    if (part.key.text == "src" || part.key.text == "dst") {
      flag(part.key.text == "src" ? NxNat::src : NxNat::dst);
      if (!part.value) continue;
      if (Read<bool> done = nat_range(*part.value, action); !done) return done;
    } else if (part.key.text == "persistent") {
      flag(NxNat::persistent);
    } else if (part.key.text == "hash") {
      flag(NxNat::proto_hash);
    } else if (part.key.text == "random") {
      flag(NxNat::proto_random);
    } else {
      return stray(part, "nat");
    }
  }
  return put(action, version, pair.whole, into);
}

Read<bool> read_old(const Pair& pair, Actions& into) {
  const std::string_view name = pair.key.text;
  constexpr Version version = v1_0;
  const Word word = pair.value.value_or(pair.whole.part(pair.whole.text.size()));
  if (name == "write_metadata") {
    const Result<Term, TextError> term = parse_term(Field::metadata, word.text);
    if (!term) return moved(term.error(), word.at);
    return put(NxWriteMetadata{term->value.lo, term->mask.lo}, version, pair.whole, into);
  }
  if (name == "dec_ttl") return put(NxDecTtl{}, version, pair.whole, into);
  if (name == "dec_mpls_ttl") return put(NxDecMplsTtl{}, version, pair.whole, into);
  std::uint32_t value = 0;
  if (Read<bool> done = number(pair, value); !done) return done;
  const auto fits = [&](std::uint32_t most) { return value <= most; };
  if (name == "set_queue") return put(NxSetQueue{value}, version, pair.whole, into);
  if (name == "group") return put(NxGroup{{value}}, version, pair.whole, into);
  if (name == "set_mpls_label") return put(NxSetMplsLabel{value}, version, pair.whole, into);
  if (!fits(name == "push_mpls" || name == "pop_mpls" ? 0xffff : 0xff)) return unreadable(pair.whole, "too large");
  const auto byte = static_cast<std::uint8_t>(value);
  if (name == "set_mpls_tc") return put(NxSetMplsTc{byte}, version, pair.whole, into);
  if (name == "set_mpls_ttl") return put(NxSetMplsTtl{byte}, version, pair.whole, into);
  const auto ethertype = static_cast<std::uint16_t>(value);
  if (name == "push_mpls") return put(NxPushMpls{ethertype}, version, pair.whole, into);
  return put(NxPopMpls{ethertype}, version, pair.whole, into);
}

Read<bool> read_plain(const Pair& pair, Version version, Actions& into) {
  const std::string_view name = pair.key.text;
  const Word word = pair.value.value_or(pair.whole.part(pair.whole.text.size()));
  if (word.text.empty()) {
    if (name == "exit") return put(NxExit{}, version, pair.whole, into);
    if (name == "pop_queue") return put(NxPopQueue{}, version, pair.whole, into);
    if (name == "ct_clear") return put(NxCtClear{}, version, pair.whole, into);
    return false;
  }
  using Reading = Read<bool> (*)(Word, Version, Actions&);
  constexpr std::array<std::pair<std::string_view, Reading>, 13> readings{{
      {"resubmit", resubmit},
      {"note", note},
      {"bundle", bundle<NxBundle>},
      {"bundle_load", bundle<NxBundleLoad>},
      {"multipath", multipath},
      {"conjunction", conjunction},
      {"fin_timeout", fin_timeout},
      {"sample", sample},
      {"push", stack<NxStackPush>},
      {"pop", stack<NxStackPop>},
      {"check_pkt_larger", check_pkt_larger},
      {"learn", read_learn},
      {"delete_field", delete_field},
  }};
  for (const auto& [known, reading] : readings) {
    if (known == name) return reading(word, version, into);
  }
  if (name == "dec_ttl") {
    NxDecTtlCntIds action;
    for (const Word& id : cut(word)) {
      if (Read<bool> done = number(id, action.controllers.emplace_back()); !done) return done;
    }
    return put(action, version, pair.whole, into);
  }
  if ((name == "set_tunnel" && version < v1_3) || name == "set_tunnel64") {
    std::uint64_t id = 0;
    if (Read<bool> done = number(pair, id); !done) return done;
    if (name == "set_tunnel64" || id > 0xffffffff) return put(NxSetTunnel64{id}, version, pair.whole, into);
    return put(NxSetTunnel{static_cast<std::uint32_t>(id)}, version, pair.whole, into);
  }
  return false;
}

}  // namespace sluice::ofmsg
