// Messages to trees and back.
#include <limits>

#include "ofmsg/codec.hpp"
#include "ofmsg/tree_walk.hpp"

namespace sluice::ofmsg {

// A field, its value, and a mask where there is one.
void layout(TreeWriter& w, const SetField& a) {
  w("field", OxmHeader::of(a.field));
  Match one;
  one.set(a.field, a.value, a.mask);
  const Tree fields = to_leaf(one);
  const auto* object = fields.as<Tree::Object>();
  // A mask of nothing leaves no term; it is said as such.
  w.put("value", object->empty() ? Tree{"0/0"} : object->front().second);
}

void layout(TreeReader& r, SetField& a) {
  OxmHeader header;
  r("field", header);
  const std::optional<Field> field = header.field();
  const Tree* value = r.use("value");
  if (!field || value == nullptr) return r.fail("value", "a set_field needs the \"field\" and the \"value\"");
  a.field = *field;
  const auto* word = value->as<std::string>();
  if (word != nullptr && *word == "0/0") return;
  Match one;
  Tree object;
  object.put(facts(*field).name, *value);
  if (const Complaint complaint = from_leaf(object, one)) return r.fail("value", *complaint);
  if (one.terms().empty()) return r.fail("value", "this sets nothing");
  a.value = one.terms().front().value;
  a.mask = one.terms().front().mask;
}

namespace {

template <class P>
constexpr bool is_unknown = std::same_as<P, UnknownAction> || std::same_as<P, UnknownInstruction>;

Tree raw_part(const Bytes& bytes) {
  Tree out;
  out.put("type", "raw");
  out.put("bytes", hex_digits(bytes));
  return out;
}

// An experimenter's action as its fields, where a type knows it and says back the same bytes.
std::optional<Tree> known_action(const UnknownAction& action, Version version, Known known) {
  const ExtensionRow* row = known.find(action, version);
  if (row == nullptr) return std::nullopt;
  Result<Tree, CodecError> fields = row->to_tree(extension_body(action, version)->body, version, known.inside());
  if (!fields) return std::nullopt;
  const Result<Bytes, TreeError> back = row->from_tree(*fields, version, known.inside());
  if (!back || experimenter_action(*row->extension, *back) != action) return std::nullopt;
  Tree out;
  out.put("type", row->extension->name);
  for (auto& [name, value] : *fields->as<Tree::Object>()) out.put(name, std::move(value));
  return out;
}

template <class Parts>
Tree tree_of_parts(const Parts& parts, Version version, Known known) {
  Tree::List list;
  for (const auto& part : parts) {
    list.push_back(std::visit(
        [&](const auto& p) -> Tree {
          using P = std::decay_t<decltype(p)>;
          if constexpr (is_unknown<P>) {
            if constexpr (std::same_as<P, UnknownAction>) {
              if (std::optional<Tree> typed = known_action(p, version, known)) return std::move(*typed);
            }
            return raw_part(p.bytes);
          } else {
            TreeWriter w{version, known};
            layout(w, p);
            Tree fields = w.take();
            Tree out;
            out.put("type", part_facts<P>.name);
            for (auto& [name, value] : *fields.template as<Tree::Object>()) out.put(name, std::move(value));
            return out;
          }
        },
        part));
  }
  return Tree::Value{std::move(list)};
}

template <class P, class Parts>
bool part_from_name(TreeReader& r, const std::string& path, const Tree& item, const std::string& type, Parts& parts) {
  if constexpr (is_unknown<P>) {
    return false;
  } else {
    if (type != part_facts<P>.name || part_facts<P>.number(r.version()) == nullptr) return false;
    P part;
    struct_from(r, path, item, part, "type");
    parts.emplace_back(std::move(part));
    return true;
  }
}

struct RawPart {
  Bytes bytes;
};

template <class W, of_type<RawPart> P>
void layout(W& w, P& p) {
  w("bytes", p.bytes);
}

Tree without(const Tree& object, std::string_view member) {
  Tree out{Tree::Object{}};
  for (const auto& [name, value] : *object.as<Tree::Object>()) {
    if (name != member) out.put(name, value);
  }
  return out;
}

// True when an extension of this name gave an action, or an error.
bool extension_from(TreeReader& r, const std::string& path, const Tree& item, const std::string& type,
                    Actions& actions) {
  const ExtensionRow* row = r.known().find(type, ExtensionPlace::action, r.version());
  if (row == nullptr) return false;
  const Result<Bytes, TreeError> body = row->from_tree(without(item, "type"), r.version(), r.known().inside());
  if (body) {
    actions.emplace_back(experimenter_action(*row->extension, *body));
  } else {
    r.fail({path + (body.error().where.empty() ? "" : '.' + body.error().where), body.error().message});
  }
  return true;
}

template <class... P>
void parts_from(TreeReader& r, std::string_view name, const Tree& tree, std::vector<std::variant<P...>>& parts) {
  using Unknown = std::variant_alternative_t<sizeof...(P) - 1, std::variant<P...>>;
  const auto* list = tree.as<Tree::List>();
  if (list == nullptr) return r.fail(name, "a list is needed here, or text as ovs-ofctl writes it");
  std::size_t at = 0;
  for (const Tree& item : *list) {
    const std::string path = std::string{name} + '[' + std::to_string(at++) + ']';
    const Tree* type = item.find("type");
    const auto* said = type != nullptr ? type->as<std::string>() : nullptr;
    if (said == nullptr) return r.fail(path, "an object with a \"type\" is needed here");
    if (*said == "raw") {
      RawPart raw;
      struct_from(r, path, item, raw, "type");
      if (raw.bytes.size() < 8 || raw.bytes.size() % 8 != 0)
        return r.fail(path, "\"bytes\" must be a multiple of 8 long");
      parts.emplace_back(Unknown{std::move(raw.bytes)});
      continue;
    }
    if ((... || part_from_name<P>(r, path, item, *said, parts))) continue;
    if constexpr (std::same_as<Unknown, UnknownAction>) {
      if (extension_from(r, path, item, *said, parts)) continue;
    }
    return r.fail(path, "OpenFlow " + std::string{text(r.version())} + " has no " +
                            (std::same_as<Unknown, UnknownAction> ? "action" : "instruction") + " \"" + *said + '"');
  }
}

}  // namespace

Tree tree_of_actions(const Actions& actions, Version version, Known known) {
  return tree_of_parts(actions, version, known);
}

void actions_from(TreeReader& r, std::string_view name, const Tree& tree, Actions& actions) {
  const auto* word = tree.as<std::string>();
  if (word == nullptr) return parts_from(r, name, tree, actions);
  Result<Actions, TextError> read = parse_actions(*word, r.version());
  if (!read) return r.fail(name, read.error().message);
  actions = std::move(*read);
}

// 1.0 has an action list where later versions have instructions.
Tree tree_of_instructions(const Instructions& instructions, Version version, Known known) {
  if (version == v1_0) return tree_of_actions(applied(instructions), version, known);
  return tree_of_parts(instructions, version, known);
}

void instructions_from(TreeReader& r, std::string_view name, const Tree& tree, Instructions& instructions) {
  if (const auto* word = tree.as<std::string>()) {
    Result<FlowMod, TextError> flow = parse_flow("actions=" + *word, r.version(), FlowModCommand::add);
    if (!flow) return r.fail(name, flow.error().message);
    instructions = std::move(flow->instructions);
    return;
  }
  if (r.version() != v1_0) return parts_from(r, name, tree, instructions);
  Actions actions;
  actions_from(r, name, tree, actions);
  if (!actions.empty()) instructions.emplace_back(ApplyActions{std::move(actions)});
}

// As a message where that says the same bytes; else as bytes.
Tree tree_of_nested(const NestedMessage& message, Known known) {
  const std::optional<FrameView> frame = FrameView::of(message.bytes);
  const std::optional<Version> version = frame ? version_of(frame->wire_version()) : std::nullopt;
  if (version) {
    // Nothing that carries messages itself is unrolled: a sender could nest thousands.
    const Result<Kind> kind = kind_of(*frame);
    const bool carrier = kind && (*kind == Kind::requestforward || *kind == Kind::bundle_add_message);
    const Result<Message> inner = carrier ? Failure<CodecError>{CodecError{}} : decode(*frame);
    Bytes again;
    if (inner && encode(again, *inner, *version, frame->xid()) && again == message.bytes) {
      return to_tree(*inner, *version, frame->xid(), known.inside());
    }
  }
  return hex_digits(message.bytes);
}

void nested_from(TreeReader& r, std::string_view name, const Tree& tree, NestedMessage& message) {
  if (tree.as<std::string>() != nullptr) {
    if (const Complaint complaint = from_leaf(tree, message.bytes)) return r.fail(name, *complaint);
    if (!FrameView::of(message.bytes)) r.fail(name, "these bytes are not one message");
    return;
  }
  const Result<Envelope, TreeError> inner = from_tree(tree, r.version(), r.known().inside());
  if (!inner) return r.fail({std::string{name} + '.' + inner.error().where, inner.error().message});
  message.bytes.clear();
  const Result<void> done = encode(message.bytes, inner->message, inner->version, inner->xid);
  if (!done) r.fail(name, text(done.error()));
}

// --- whole messages
// ----------------------------------------------------------------------------------------------------

namespace {

// Members that say in words what other fields imply.
constexpr std::array<std::string_view, 4> implied{"versions", "error", "packet", "extension"};

void add_meaning(const Message& message, Version version, Known known, Tree& into) {
  const auto add_packet = [&](ByteView data, PortNo port) {
    if (const auto key = packet_key(data, port)) into.put("packet", text(*key));
  };
  const auto add_extension = [&](const auto& part) {
    const ExtensionRow* row = known.find(part, version);
    if (row == nullptr) return;
    Result<Tree, CodecError> fields = row->to_tree(extension_body(part, version)->body, version, known.inside());
    if (!fields) return;
    Tree named;
    named.put(row->extension->name, std::move(*fields));
    into.put("extension", std::move(named));
  };
  if (const auto* hello = std::get_if<Hello>(&message)) {
    if (const std::optional<VersionSet> offered = hello->versions()) into.put("versions", text(*offered));
  } else if (const auto* error = std::get_if<Error>(&message)) {
    into.put("error", text(error->error, version));
  } else if (const auto* in = std::get_if<PacketIn>(&message)) {
    add_packet(in->data, in->ingress());
  } else if (const auto* out = std::get_if<PacketOut>(&message)) {
    add_packet(out->data, out->in_port);
  } else if (const auto* experimenter = std::get_if<Experimenter>(&message)) {
    add_extension(*experimenter);
  } else if (const auto* request = std::get_if<ExperimenterStatsRequest>(&message)) {
    add_extension(*request);
  } else if (const auto* reply = std::get_if<ExperimenterStatsReply>(&message)) {
    add_extension(*reply);
  }
}

template <class M>
constexpr std::optional<ExtensionPlace> place_of = std::nullopt;
template <>
constexpr std::optional<ExtensionPlace> place_of<Experimenter> = ExtensionPlace::message;
template <>
constexpr std::optional<ExtensionPlace> place_of<ExperimenterStatsRequest> = ExtensionPlace::stats_request;
template <>
constexpr std::optional<ExtensionPlace> place_of<ExperimenterStatsReply> = ExtensionPlace::stats_reply;

// What is inside of an experimenter's message, by the name of the extension and its fields.
template <class M>
void read_extension_tree(TreeReader& r, const Tree& tree, M& message) {
  const auto* object = tree.as<Tree::Object>();
  if (object == nullptr || object->size() != 1) {
    return r.fail("extension", "an object is needed here whose one member is an extension");
  }
  const auto& [name, fields] = object->front();
  const ExtensionRow* row = r.known().find(name, *place_of<M>, r.version());
  if (row == nullptr) return r.fail("extension." + name, "no such extension in this version");
  const Result<Bytes, TreeError> body = row->from_tree(fields, r.version(), r.known().inside());
  if (!body) {
    const std::string& where = body.error().where;
    return r.fail({"extension." + name + (where.empty() ? "" : '.' + where), body.error().message});
  }
  put_extension(message, *row->extension, r.version(), *body);
  if constexpr (requires { message.flags; }) r("flags", message.flags);
}

template <class M>
void read_tree(TreeReader& r, Message& message) {
  M& typed = message.emplace<M>();
  if constexpr (place_of<M>) {
    const Tree* inside = r.find("extension");
    if (inside != nullptr && r.find("body") == nullptr) return read_extension_tree(r, *inside, typed);
  }
  layout(r, typed);
}

template <class... M>
void read_tree_as(TreeReader& r, Kind kind, Message& message, std::variant<M...>*) {
  using Read = void (*)(TreeReader&, Message&);
  static constexpr std::array<Read, kind_count> readers{&read_tree<M>...};
  readers[static_cast<std::size_t>(kind)](r, message);
}

}  // namespace

Tree to_tree(const Message& message, Version version, Xid xid, Known known) {
  Tree out;
  out.put("type", text(kind_of(message)));
  out.put("version", text(version));
  out.put("xid", std::uint64_t{xid.value});
  TreeWriter walker{version, known};
  std::visit([&](const auto& m) { layout(walker, m); }, message);
  Tree fields = walker.take();
  for (auto& [name, value] : *fields.as<Tree::Object>()) out.put(name, std::move(value));
  add_meaning(message, version, known, out);
  return out;
}

Result<Envelope, TreeError> from_tree(const Tree& tree, Version version, Known known) {
  const auto wrong = [](std::string where, std::string what) {
    return Failure<TreeError>{TreeError{std::move(where), std::move(what)}};
  };
  const auto* object = tree.as<Tree::Object>();
  if (object == nullptr) return wrong({}, "a message is an object with a \"type\"");
  const Tree* said = tree.find("version");
  if (said != nullptr) {
    const auto* word = said->as<std::string>();
    const std::optional<Version> given = word != nullptr ? parse_version(*word) : std::nullopt;
    if (!given) return wrong("version", "this should be one of 1.0, 1.1, 1.2, 1.3, 1.4 and 1.5");
    version = *given;
  }
  const Tree* type = tree.find("type");
  const auto* name = type != nullptr ? type->as<std::string>() : nullptr;
  const std::optional<Kind> kind = name != nullptr ? parse_kind(*name) : std::nullopt;
  if (!kind) return wrong("type", "this should be the name of a message, such as \"flow_mod\"");
  if (!facts(*kind).in(version)) {
    return wrong("type", "OpenFlow " + std::string{text(version)} + " has no " + std::string{text(*kind)});
  }
  TreeReader reader{*object, version, known, {}};
  for (const std::string_view head : {"type", "version"}) static_cast<void>(reader.use(head));
  for (const std::string_view member : implied) static_cast<void>(reader.use(member));
  Envelope envelope;
  envelope.version = version;
  reader("xid", envelope.xid.value);
  read_tree_as(reader, *kind, envelope.message, static_cast<Message*>(nullptr));
  reader.finish();
  if (reader.error()) return Failure<TreeError>{*reader.error()};
  return envelope;
}

}  // namespace sluice::ofmsg
