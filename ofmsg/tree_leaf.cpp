// The leaves of trees: ports, addresses, matches, bytes.
#include <algorithm>

#include "ofmsg/oxm_names.hpp"
#include "ofmsg/text_parts.hpp"
#include "ofmsg/tree_walk.hpp"

namespace sluice::ofmsg {

namespace {

Complaint needed(std::string what) { return "this should be " + std::move(what); }

// --- match fields ----------------------------------------------------------------------------------------------------

// Without any knowledge of what values make sense, so that everything can be said back.
std::string raw(Format format, U128 value) {
  switch (format) {
    case Format::mac: return text(mac_of(value.lo));
    case Format::ipv4: return ipv4_text(static_cast<std::uint32_t>(value.lo));
    case Format::ipv6: return ipv6_text(value);
    default: return hex(value);
  }
}

std::optional<U128> from_raw(Format format, std::string_view word) {
  switch (format) {
    case Format::mac: {
      const std::optional<MacAddress> mac = parse_mac(word);
      return mac ? std::optional{u128(mac_value(*mac))} : std::nullopt;
    }
    case Format::ipv4: {
      const std::optional<std::uint32_t> ip = parse_ipv4(word);
      return ip ? std::optional{u128(*ip)} : std::nullopt;
    }
    case Format::ipv6: return parse_ipv6(word);
    default: {
      const std::optional<std::uint64_t> number = parse_number(word);
      return number ? std::optional{u128(*number)} : std::nullopt;
    }
  }
}

Tree term_tree(Field field, U128 value, U128 mask) {
  const FieldFacts& f = facts(field);
  if (mask != ones(f.bits)) return raw(f.format, value) + '/' + raw(f.format, mask);
  if (f.format == Format::port) return to_leaf(PortNo{static_cast<std::uint32_t>(value.lo)});
  if (f.format == Format::mac || f.format == Format::ipv4 || f.format == Format::ipv6) return raw(f.format, value);
  return value.lo;
}

Result<Term, std::string> term_from(Field field, const Tree& tree) {
  const FieldFacts& f = facts(field);
  const U128 all = ones(f.bits);
  if (const auto* number = tree.as<std::uint64_t>()) {
    if (!(u128(*number) & ~all).zero()) return Failure<std::string>{std::to_string(*number) + " is too large for it"};
    return Term{field, u128(*number), all};
  }
  const auto* word = tree.as<std::string>();
  if (word == nullptr) return Failure<std::string>{"a number or text is needed here"};
  const std::size_t slash = std::min(word->find('/'), word->size());
  const std::string_view view{*word};
  const std::optional<U128> value = from_raw(f.format, view.substr(0, slash));
  if (value && slash == word->size() && (*value & ~all).zero()) return Term{field, *value, all};
  if (value && slash < word->size()) {
    const std::string_view last = view.substr(slash + 1);
    const std::optional<U128> mask = from_raw(f.format, last);
    const bool ip = f.format == Format::ipv4 || f.format == Format::ipv6;
    const bool prefix = ip && last.find_first_of(".:") == std::string_view::npos;
    if (mask && !prefix && (*mask & ~all).zero() && (*value & ~*mask).zero()) return Term{field, *value, *mask};
  }
  // Prefix lengths, names of ports and flags.
  const Result<Term, TextError> term = parse_term(field, *word);
  if (!term) return Failure<std::string>{term.error().message};
  return *term;
}

constexpr std::string_view other_fields = "oxm";

}  // namespace

// --- numbers and names -----------------------------------------------------------------------------------------------

Complaint from_number(const Tree& tree, std::uint64_t max, std::uint64_t& number) {
  std::optional<std::uint64_t> value;
  if (const auto* plain = tree.as<std::uint64_t>()) {
    value = *plain;
  } else if (const auto* word = tree.as<std::string>()) {
    value = parse_number(*word);
  }
  if (!value) return needed("a number, or text like \"0x1f\"");
  if (*value > max) return std::to_string(*value) + " is too large: at most " + std::to_string(max);
  number = *value;
  return {};
}

Tree name_or_number(std::span<const std::string_view> names, std::uint64_t number) {
  if (number < names.size() && !names[number].empty()) return names[number];
  return number;
}

Complaint from_name(const Tree& tree, std::span<const std::string_view> names, std::uint64_t max,
                    std::uint64_t& number) {
  const auto* word = tree.as<std::string>();
  if (word != nullptr && !word->empty()) {
    const auto found = std::find(names.begin(), names.end(), *word);
    if (found != names.end()) {
      number = static_cast<std::uint64_t>(found - names.begin());
      return {};
    }
  }
  if (!from_number(tree, max, number)) return {};
  std::string list;
  for (const std::string_view name : names) {
    if (!name.empty()) list += (list.empty() ? "" : ", ") + std::string{name};
  }
  return needed("one of: " + list + "; or a number of at most " + std::to_string(max));
}

Tree to_leaf(PortNo port) { return is_physical(port) ? Tree{std::uint64_t{port.value}} : Tree{text(port)}; }

Complaint from_leaf(const Tree& tree, PortNo& port) {
  if (const auto* word = tree.as<std::string>()) {
    const std::optional<PortNo> named = parse_port(*word);
    if (!named) return needed("a port number, or a reserved name such as LOCAL");
    port = *named;
    return {};
  }
  std::uint64_t number = 0;
  Complaint complaint = from_number(tree, 0xffffffff, number);
  port = PortNo{static_cast<std::uint32_t>(number)};
  return complaint;
}

Tree to_leaf(MacAddress mac) { return text(mac); }

Complaint from_leaf(const Tree& tree, MacAddress& mac) {
  const auto* word = tree.as<std::string>();
  const std::optional<MacAddress> value = word != nullptr ? parse_mac(*word) : std::nullopt;
  if (!value) return needed("an Ethernet address like \"02:00:00:00:00:01\"");
  mac = *value;
  return {};
}

Tree to_leaf(DatapathId id) { return text(id); }

Complaint from_leaf(const Tree& tree, DatapathId& id) {
  const auto* word = tree.as<std::string>();
  const auto value = word != nullptr && word->size() == 16 ? parse_number("0x" + *word) : std::nullopt;
  if (!value) return needed("16 hexadecimal digits");
  id.value = *value;
  return {};
}

Tree to_leaf(BufferId id) { return id.value == BufferId::none ? Tree{} : Tree{std::uint64_t{id.value}}; }

Complaint from_leaf(const Tree& tree, BufferId& id) {
  id = {};
  if (tree.as<std::nullptr_t>() != nullptr) return {};
  std::uint64_t number = 0;
  Complaint complaint = from_number(tree, 0xffffffff, number);
  id.value = static_cast<std::uint32_t>(number);
  return complaint;
}

Tree to_leaf(GroupId id) {
  if (id.value == GroupId::any) return "ANY";
  if (id.value == GroupId::all) return "ALL";
  return std::uint64_t{id.value};
}

Complaint from_leaf(const Tree& tree, GroupId& id) {
  const auto* word = tree.as<std::string>();
  std::uint64_t number = GroupId::any;
  if (word != nullptr && *word == "ALL") {
    number = GroupId::all;
  } else if (!(word != nullptr && *word == "ANY")) {
    if (Complaint complaint = from_number(tree, 0xffffffff, number)) return complaint;
  }
  id.value = static_cast<std::uint32_t>(number);
  return {};
}

Tree to_leaf(MeterId id) {
  if (id.value == MeterId::all) return "ALL";
  if (id.value == MeterId::controller) return "CONTROLLER";
  if (id.value == MeterId::slowpath) return "SLOWPATH";
  return std::uint64_t{id.value};
}

Complaint from_leaf(const Tree& tree, MeterId& id) {
  const auto* word = tree.as<std::string>();
  std::uint64_t number = 0;
  if (word != nullptr && *word == "ALL") {
    number = MeterId::all;
  } else if (word != nullptr && *word == "CONTROLLER") {
    number = MeterId::controller;
  } else if (word != nullptr && *word == "SLOWPATH") {
    number = MeterId::slowpath;
  } else if (Complaint complaint = from_number(tree, 0xffffffff, number)) {
    return complaint;
  }
  id.value = static_cast<std::uint32_t>(number);
  return {};
}

Tree to_leaf(FieldSet set) { return set.bits; }

Complaint from_leaf(const Tree& tree, FieldSet& set) { return from_number(tree, ~std::uint64_t{0}, set.bits); }

// --- bytes -----------------------------------------------------------------------------------------------------------

Tree to_leaf(const Bytes& bytes) { return hex_digits(bytes); }

Complaint from_leaf(const Tree& tree, Bytes& bytes) {
  const auto* word = tree.as<std::string>();
  std::optional<Bytes> value = word != nullptr ? parse_bytes(*word) : std::nullopt;
  if (!value) return needed("hexadecimal digits in pairs");
  bytes = std::move(*value);
  return {};
}

// A backslash begins "\\x1b", so it is said as "\\x5c" itself.
Tree text_leaf(const std::string& value) {
  std::string out;
  for (const char c : value) out += c == '\\' ? std::string{"\\x5c"} : printable({&c, 1});
  return out;
}

Complaint from_text_leaf(const Tree& tree, std::string& value, std::size_t size) {
  const auto* word = tree.as<std::string>();
  if (word == nullptr) return needed("text");
  value.clear();
  for (std::size_t i = 0; i < word->size(); ++i) {
    const bool escape = (*word)[i] == '\\' && word->substr(i + 1, 1) == "x";
    const std::optional<Bytes> byte = escape ? parse_bytes(std::string_view{*word}.substr(i + 2, 2)) : std::nullopt;
    if (byte && byte->size() == 1) {
      value += std::to_integer<char>(byte->front());
      i += 3;
    } else {
      value += (*word)[i];
    }
  }
  if (value.size() > size) return needed("at most " + std::to_string(size) + " bytes long");
  return {};
}

// --- fields, matches, statistics -------------------------------------------------------------------------------------

Tree to_leaf(OxmHeader header) {
  if (const std::optional<Field> field = header.field()) {
    if (header == OxmHeader::of(*field)) return facts(*field).name;
    if (header == OxmHeader::of(*field, true)) return std::string{facts(*field).name} + "/mask";
  }
  if (std::string name = header_name(header); !name.empty()) return name;
  if (header.has_mask()) {
    const std::optional<OxmField> field = oxm_field(header);
    const OxmHeader plain = field ? field->with(false, field->size()) : OxmHeader{};
    if (field && field->with(true, field->size()) == header) {
      if (const std::string name = header_name(plain); !name.empty()) return name + "/mask";
    }
  }
  const bool long_form = header.oxm_class() == OxmHeader::experimenter_class;
  return hex(header.value, 8) + (long_form ? ':' + hex(header.experimenter, 8) : std::string{});
}

Complaint from_leaf(const Tree& tree, OxmHeader& header) {
  const auto* word = tree.as<std::string>();
  if (word == nullptr) return needed("the name of a match field, or a header like \"0x80001604\"");
  constexpr std::string_view mask = "/mask";
  const bool masked = word->ends_with(mask);
  if (const auto field = parse_field(word->substr(0, word->size() - (masked ? mask.size() : 0)))) {
    header = OxmHeader::of(*field, masked);
    return {};
  }
  if (const auto field = field_of_header_name(word->substr(0, word->size() - (masked ? mask.size() : 0)))) {
    header = field->with(masked, field->size());
    return {};
  }
  const std::size_t colon = std::min(word->find(':'), word->size());
  const std::optional<std::uint64_t> value = parse_number(word->substr(0, colon));
  const auto experimenter =
      colon < word->size() ? parse_number(word->substr(colon + 1)) : std::optional<std::uint64_t>{0};
  if (!value || !experimenter || *value > 0xffffffff || *experimenter > 0xffffffff) {
    return needed("the name of a match field, or a header like \"0x80001604\"");
  }
  header = {static_cast<std::uint32_t>(*value), static_cast<std::uint32_t>(*experimenter)};
  const bool long_form = header.oxm_class() == OxmHeader::experimenter_class;
  if (long_form != (colon < word->size()))
    return needed("a header with an experimenter in class 0xffff, and only there");
  return {};
}

Tree to_leaf(const Match& match) {
  Tree out{Tree::Object{}};
  for (const Term& term : match.terms()) out.put(facts(term.field).name, term_tree(term.field, term.value, term.mask));
  if (match.unknown().empty()) return out;
  Tree::List others;
  for (const Bytes& oxm : match.unknown()) others.emplace_back(hex_digits(oxm));
  out.put(other_fields, Tree::Value{std::move(others)});
  return out;
}

Complaint from_leaf(const Tree& tree, Match& match) {
  match = {};
  if (const auto* word = tree.as<std::string>()) {
    Result<Match, TextError> read = parse_match(*word, Vocabulary::open_vswitch);
    if (!read) return read.error().message;
    match = std::move(*read);
    return {};
  }
  const auto* object = tree.as<Tree::Object>();
  if (object == nullptr) return needed("an object of match fields, or text as ovs-ofctl writes it");
  for (const auto& [name, value] : *object) {
    if (name == other_fields) {
      const auto* list = value.as<Tree::List>();
      if (list == nullptr) return needed("an object whose \"oxm\" is a list of hexadecimal digits");
      for (const Tree& item : *list) {
        const auto* word = item.as<std::string>();
        std::optional<Bytes> bytes = word != nullptr ? parse_bytes(*word) : std::nullopt;
        if (!bytes || bytes->size() < 4) return "\"oxm\" holds what are no fields in hexadecimal digits";
        match.add_unknown(std::move(*bytes));
      }
      continue;
    }
    const std::optional<Field> field = parse_field(name);
    if (!field) return "there is no match field \"" + name + '"';
    const Result<Term, std::string> term = term_from(*field, value);
    if (!term) return name + ": " + term.error();
    match.set(*field, term->value, term->mask);
  }
  return {};
}

Tree to_leaf(const Stats& stats) {
  Tree::List list;
  for (const auto& item : stats.items) {
    Tree entry;
    if (const auto* stat = std::get_if<Stat>(&item)) {
      const std::string_view name = stat_names[static_cast<std::size_t>(stat->field)];
      if (stat->field == StatField::duration || stat->field == StatField::idle_time) {
        Tree time;
        time.put("sec", stat->value >> 32U);
        time.put("nsec", stat->value & 0xffffffffU);
        entry.put(name, std::move(time));
      } else {
        entry.put(name, stat->value);
      }
    } else {
      entry.put("oxs", hex_digits(std::get<UnknownStat>(item).bytes));
    }
    list.push_back(std::move(entry));
  }
  return Tree::Value{std::move(list)};
}

Complaint from_leaf(const Tree& tree, Stats& stats) {
  const auto* list = tree.as<Tree::List>();
  if (list == nullptr) return needed("a list of objects like {\"packet_count\": 1}");
  for (const Tree& item : *list) {
    const auto* object = item.as<Tree::Object>();
    if (object == nullptr || object->size() != 1) return needed("a list of objects like {\"packet_count\": 1}");
    const auto& [name, value] = object->front();
    if (name == "oxs") {
      UnknownStat unknown;
      if (Complaint complaint = from_leaf(value, unknown.bytes)) return complaint;
      if (unknown.bytes.size() < 4) return "\"oxs\" is a header and a payload";
      stats.items.emplace_back(std::move(unknown));
      continue;
    }
    const auto found = std::find(stat_names.begin(), stat_names.end(), name);
    if (found == stat_names.end() || name.empty()) return "there is no statistic \"" + name + '"';
    Stat stat{static_cast<StatField>(found - stat_names.begin()), 0};
    const Tree* sec = value.find("sec");
    const Tree* nsec = value.find("nsec");
    if (sec != nullptr && nsec != nullptr) {
      std::uint64_t low = 0;
      if (Complaint complaint = from_number(*sec, 0xffffffff, stat.value)) return complaint;
      if (Complaint complaint = from_number(*nsec, 0xffffffff, low)) return complaint;
      stat.value = stat.value << 32U | low;
    } else {
      const std::uint64_t max = size_of(stat.field) == 4 ? 0xffffffff : ~std::uint64_t{0};
      if (Complaint complaint = from_number(value, max, stat.value)) return complaint;
    }
    stats.items.emplace_back(stat);
  }
  return {};
}

// --- the reader of objects -------------------------------------------------------------------------------------------

const Tree* TreeReader::find(std::string_view name) const {
  const auto found =
      std::find_if(object_.begin(), object_.end(), [&](const Tree::Member& member) { return member.first == name; });
  return found == object_.end() ? nullptr : &found->second;
}

const Tree* TreeReader::use(std::string_view name) {
  for (std::size_t i = 0; i < object_.size(); ++i) {
    if (object_[i].first != name) continue;
    used_[i] = true;
    return &object_[i].second;
  }
  return nullptr;
}

void TreeReader::finish() {
  for (std::size_t i = 0; i < object_.size(); ++i) {
    if (!used_[i])
      return fail(object_[i].first, "this member means nothing here in OpenFlow " + std::string{text(version_)});
  }
}

void TreeReader::fail(std::string_view name, std::string message) { fail({std::string{name}, std::move(message)}); }

void TreeReader::fail(TreeError error) {
  if (error_) return;
  if (!where_.empty()) error.where = where_ + (error.where.empty() ? "" : '.' + error.where);
  error_ = std::move(error);
}

}  // namespace sluice::ofmsg
