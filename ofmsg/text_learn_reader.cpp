// Reads learn: the head of a flow, and its parts.
#include "ofmsg/text_nicira_parts.hpp"

namespace sluice::ofmsg {

namespace {

Bytes in_words(U128 value, const NxLearnSpec& spec) { return bytes_of(value, spec.value_size()); }

// Whole fields may be wider than BitRange can say.
Read<Subfield> part_of(Word word) {
  Read<Subfield> part = read_subfield(word);
  if (!part) return part;
  if (part->field.header.size() > 4 || part->count > NxLearnSpec::max_bits) {
    return unreadable(word, quoted(word.text) + " cannot be learned");
  }
  return part;
}

NxLearnSpec target(NxLearnTarget to, const Subfield& part) {
  NxLearnSpec spec;
  spec.target = to;
  spec.n_bits = static_cast<std::uint16_t>(part.count);
  spec.dst = {part.field.header.value};
  spec.dst_offset = static_cast<std::uint16_t>(part.offset);
  return spec;
}

Read<bool> source(NxLearnSpec& spec, Word word, bool alone) {
  const Read<Subfield> part = part_of(word);
  if (!part) return Unreadable{part.error()};
  if (alone) spec.n_bits = static_cast<std::uint16_t>(part->count);
  if (part->count != spec.n_bits) return unreadable(word, "the two sides differ in width");
  spec.src = {part->field.header.value};
  spec.src_offset = static_cast<std::uint16_t>(part->offset);
  return true;
}

Read<bool> immediate(NxLearnSpec& spec, const OxmField& field, bool whole, Word word) {
  OxmField as = field;
  if (!whole) as.format = OxmFormat::hexadecimal;
  const Read<OxmEntry> entry = read_oxm_value(as, word);
  if (!entry) return Unreadable{entry.error()};
  const U128 value = number_of(entry->value);
  if (spec.n_bits < 128 && !(value & ~ones(spec.n_bits)).zero()) {
    return unreadable(word, std::string{word.text} + " is too large for " + std::to_string(spec.n_bits) + " bits");
  }
  if (!entry->mask.empty() && whole && field.format == OxmFormat::hexadecimal) {
    return unreadable(word, "what is learned has no mask");
  }
  spec.source = NxLearnSource::immediate;
  spec.value = in_words(value, spec);
  return true;
}

Read<NxLearnSpec> match_part(const Pair& pair) {
  const Read<Subfield> part = part_of(pair.key);
  if (!part) return Unreadable{part.error()};
  NxLearnSpec spec = target(NxLearnTarget::match, *part);
  Read<bool> done = true;
  const bool from_field = !pair.value || pair.value->text.find('[') != std::string_view::npos;
  if (from_field) {
    done = source(spec, pair.value.value_or(pair.key), false);
  } else {
    done = immediate(spec, part->field, part->offset == 0 && part->count == part->field.bits, *pair.value);
  }
  if (!done) return Unreadable{done.error()};
  return spec;
}

Read<NxLearnSpec> load_part(Word text) {
  const Read<Arrow> arrow = arrow_of(text);
  if (!arrow) return Unreadable{arrow.error()};
  const Read<Subfield> part = part_of(arrow->to);
  if (!part) return Unreadable{part.error()};
  NxLearnSpec spec = target(NxLearnTarget::load, *part);
  const bool from_field = arrow->from.text.find('[') != std::string_view::npos;
  const Read<bool> done =
      from_field ? source(spec, arrow->from, false) : immediate(spec, part->field, false, arrow->from);
  if (!done) return Unreadable{done.error()};
  return spec;
}

Read<NxLearnSpec> output_part(Word text) {
  NxLearnSpec spec;
  spec.target = NxLearnTarget::output;
  const Read<bool> done = source(spec, text, true);
  if (!done) return Unreadable{done.error()};
  return spec;
}

// True where the word belongs to the flow itself.
Read<bool> head_part(const Pair& pair, NxLearn2& learn, bool& second) {
  const std::string_view key = pair.key.text;
  Read<bool> done = true;
  if (key == "table") {
    done = number(pair, learn.table_id);
  } else if (key == "idle_timeout") {
    done = number(pair, learn.idle_timeout);
  } else if (key == "hard_timeout") {
    done = number(pair, learn.hard_timeout);
  } else if (key == "fin_idle_timeout") {
    done = number(pair, learn.fin_idle_timeout);
  } else if (key == "fin_hard_timeout") {
    done = number(pair, learn.fin_hard_timeout);
  } else if (key == "priority") {
    done = number(pair, learn.priority);
  } else if (key == "cookie") {
    done = number(pair, learn.cookie);
  } else if (key == "send_flow_rem" && !pair.value) {
    learn.flags |= NxLearnHead::send_flow_rem;
  } else if (key == "delete_learned" && !pair.value) {
    learn.flags |= NxLearnHead::delete_learned;
  } else if (key == "limit") {
    second = true;
    done = number(pair, learn.limit);
  } else if (key == "result_dst" && pair.value) {
    second = true;
    const Read<Subfield> part = read_subfield(*pair.value);
    if (!part) return Unreadable{part.error()};
    if (part->count != 1) return unreadable(*pair.value, "the result is one bit");
    learn.flags |= NxLearnHead::write_result;
    learn.result = part->field.header;
    learn.result_offset = static_cast<std::uint16_t>(part->offset);
  } else {
    return false;
  }
  return done;
}

}  // namespace

Read<bool> read_learn(Word text, Version version, Actions& into) {
  const Read<std::vector<Pair>> pairs = pairs_of(text);
  if (!pairs) return Unreadable{pairs.error()};
  NxLearn2 learn;
  learn.table_id = 1;
  bool second = false;
  for (const Pair& pair : *pairs) {
    Read<bool> head = head_part(pair, learn, second);
    if (!head) return head;
    if (*head) continue;
    const Word word = pair.value.value_or(Word{});
    Read<NxLearnSpec> spec = pair.key.text == "load"     ? load_part(word)
                             : pair.key.text == "output" ? output_part(word)
                                                         : match_part(pair);
    if (!spec) return Unreadable{spec.error()};
    learn.specs.push_back(std::move(*spec));
  }
  if (second) return put(learn, version, text, into);
  NxLearn first;
  static_cast<NxLearnHead&>(first) = learn;
  first.specs = std::move(learn.specs);
  return put(first, version, text, into);
}

}  // namespace sluice::ofmsg
