#include "ofmsg/tree.hpp"

namespace sluice::ofmsg {

const Tree* Tree::find(std::string_view name) const {
  const auto* object = as<Object>();
  if (object == nullptr) return nullptr;
  for (const Member& member : *object) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

void Tree::put(std::string_view name, Tree value) {
  if (as<Object>() == nullptr) value_ = Object{};
  as<Object>()->emplace_back(std::string{name}, std::move(value));
}

namespace {

struct Printer {
  std::string operator()(std::nullptr_t) const { return "none"; }

  std::string operator()(bool value) const { return value ? "true" : "false"; }

  std::string operator()(std::uint64_t value) const { return std::to_string(value); }

  std::string operator()(const std::string& value) const { return value; }

  std::string operator()(const Tree::List& list) const {
    std::string out;
    for (const Tree& item : list) out += (out.empty() ? "" : ", ") + nested(item);
    return '[' + out + ']';
  }

  std::string operator()(const Tree::Object& object) const {
    std::string out;
    for (const auto& [name, value] : object) out += (out.empty() ? "" : " ") + name + '=' + nested(value);
    return out;
  }

 private:
  [[nodiscard]] std::string nested(const Tree& tree) const {
    const std::string inner = std::visit(*this, tree.value());
    return tree.as<Tree::Object>() != nullptr ? '{' + inner + '}' : inner;
  }
};

}  // namespace

std::string text(const Tree& tree) { return std::visit(Printer{}, tree.value()); }

}  // namespace sluice::ofmsg
