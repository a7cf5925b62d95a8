#include "ofmsg/json.hpp"

namespace sluice::ofmsg {

namespace {

using Json = nlohmann::ordered_json;

struct ToJson {
  Json operator()(std::nullptr_t) const { return nullptr; }

  Json operator()(bool value) const { return value; }

  Json operator()(std::uint64_t value) const { return value; }

  Json operator()(const std::string& value) const { return value; }

  Json operator()(const Tree::List& list) const {
    Json out = Json::array();
    for (const Tree& item : list) out.push_back(to_json(item));
    return out;
  }

  Json operator()(const Tree::Object& object) const {
    Json out = Json::object();
    for (const auto& [name, value] : object) out[name] = to_json(value);
    return out;
  }
};

// Nesting of what a message can say; a document that goes deeper is none.
constexpr int max_depth = 32;

Result<Tree, TreeError> tree_of(const Json& json, int depth) {
  const auto wrong = [](std::string what) { return Failure<TreeError>{TreeError{{}, std::move(what)}}; };
  const auto inside = [](const std::string& name, TreeError error) {
    error.where = name + (error.where.empty() || error.where.front() == '[' ? "" : ".") + error.where;
    return Failure<TreeError>{std::move(error)};
  };
  if (depth > max_depth) return wrong("this is nested too deeply for a message");
  switch (json.type()) {
    case Json::value_t::null: return Tree{};
    case Json::value_t::boolean: return Tree{Tree::Value{json.get<bool>()}};
    case Json::value_t::string: return Tree{json.get<std::string>()};
    case Json::value_t::number_unsigned: return Tree{json.get<std::uint64_t>()};
    case Json::value_t::number_integer:
      // What was written by hand in a program may have the signed type.
      if (json.get<std::int64_t>() >= 0) return Tree{json.get<std::uint64_t>()};
      return wrong("a number below zero");
    case Json::value_t::array: {
      Tree::List list;
      for (std::size_t i = 0; i < json.size(); ++i) {
        Result<Tree, TreeError> item = tree_of(json[i], depth + 1);
        if (!item) return inside('[' + std::to_string(i) + ']', item.error());
        list.push_back(std::move(*item));
      }
      return Tree{Tree::Value{std::move(list)}};
    }
    case Json::value_t::object: {
      Tree out{Tree::Object{}};
      for (const auto& [name, value] : json.items()) {
        Result<Tree, TreeError> member = tree_of(value, depth + 1);
        if (!member) return inside(name, member.error());
        out.put(name, std::move(*member));
      }
      return out;
    }
    default: return wrong("a number with a fraction");
  }
}

}  // namespace

Json to_json(const Tree& tree) { return std::visit(ToJson{}, tree.value()); }

Json to_json(const Message& message, Version version, Xid xid) { return to_json(to_tree(message, version, xid)); }

Result<Tree, TreeError> tree_from_json(const Json& json) { return tree_of(json, 0); }

Result<Envelope, TreeError> from_json(const Json& json, Version version) {
  const Result<Tree, TreeError> tree = tree_from_json(json);
  if (!tree) return Failure<TreeError>{tree.error()};
  return from_tree(*tree, version);
}

}  // namespace sluice::ofmsg
