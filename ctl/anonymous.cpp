#include "ctl/anonymous.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ofmsg/codec.hpp"
#include "ofmsg/text_parts.hpp"
#include "policy/document.hpp"
#include "slicing/probe.hpp"

namespace sluice::ctl {

namespace replay = slicing::replay;
using ofmsg::Bytes;
using ofmsg::ByteView;
using ofmsg::FrameView;
using ofmsg::Tree;
using Json = nlohmann::ordered_json;

// --- names -----------------------------------------------------------------------------------------------------------

std::string Anonymous::alias(const std::string& name) {
  const auto [found, fresh] = aliases_.try_emplace(name);
  // Addresses that are kept for tests of network devices [RFC 2544 C.2.2].
  const std::size_t n = aliases_.size();
  if (fresh) found->second = fmt::format("198.{}.{}.{}", 18 + (n >> 16U) % 2, n >> 8U & 0xffU, n & 0xffU);
  return found->second;
}

std::string Anonymous::endpoint(const std::string& text) {
  auto parsed = policy::parse_endpoint(text);
  if (!parsed || parsed->host.empty()) return text;
  parsed->host = alias(parsed->host);
  return policy::text(*parsed);
}

namespace {

// Calls `change` with each text that says where somebody is.
template <class Change>
void for_each_endpoint(Json& list, Change change) {
  if (list.is_string()) {
    list = change(list.get<std::string>());
  } else if (list.is_array()) {
    for (Json& item : list) for_each_endpoint(item, change);
  } else if (list.is_object() && list.contains("at")) {
    for_each_endpoint(list["at"], change);
  }
}

// What a slice file holds for people and other programs, anywhere in it.
void drop_comments(Json& json) {
  if (json.is_object()) {
    for (auto at = json.begin(); at != json.end();) at = at.key().starts_with("x-") ? json.erase(at) : std::next(at);
  }
  for (Json& value : json) {
    if (value.is_structured()) drop_comments(value);
  }
}

}  // namespace

ofmsg::Result<replay::PolicyText, std::string> Anonymous::change(const replay::PolicyText& text) {
  replay::PolicyText out{"slices.json", {}};
  Json parts = Json::array();
  for (const auto& [name, content] : text.files) {
    Json document = Json::parse(content, nullptr, false, true);
    if (!document.is_object()) return ofmsg::Failure<std::string>{name + " is no slice file"};
    const auto change_endpoint = [this](const std::string& at) { return endpoint(at); };
    if (document.contains("slices") && document["slices"].is_object()) {
      for (auto& [key, slice] : document["slices"].items()) {
        slice.erase("owner");
        slice.erase("description");
        if (slice.contains("controllers")) for_each_endpoint(slice["controllers"], change_endpoint);
      }
    }
    if (document.contains("proxy") && document["proxy"].is_object()) {
      document["proxy"].erase("name");
      if (document["proxy"].contains("listen")) for_each_endpoint(document["proxy"]["listen"], change_endpoint);
    }
    // Whose file it is can be read from where it is kept: all parts are named anew, and the main one names them all.
    document.erase("include");
    drop_comments(document);
    std::string now = out.name;
    if (name != text.name) {
      now = fmt::format("part-{}.json", parts.size() + 1);
      parts.push_back(now);
    }
    out.files[now] = document.dump(2);
  }
  if (!parts.empty()) {
    Json main = Json::parse(out.files[out.name]);
    main["include"] = std::move(parts);
    out.files[out.name] = main.dump(2);
  }
  auto policy = replay::compile(out, policy_.get());
  if (!policy) return ofmsg::Failure<std::string>{"its slice file has errors:\n" + policy.error()};
  policy_ = *std::move(policy);
  hosts_.spare(*policy_);
  return out;
}

// --- messages --------------------------------------------------------------------------------------------------------

namespace {

bool is_description(std::string_view name) {
  return name == "mfr_desc" || name == "hw_desc" || name == "sw_desc" || name == "serial_num" || name == "dp_desc";
}

// What only vendors know to read, as hexadecimal digits.
bool is_opaque(std::string_view name) { return name == "body" || name == "note" || name == "userdata"; }

}  // namespace

void Anonymous::change(Bytes& packet) const {
  auto probe = slicing::unmarked(packet, old_secret_);
  if (!probe) return hosts_.change(packet);
  hosts_.change(probe->frame);
  packet = slicing::marked(probe->frame, probe->probe, new_secret_);
}

void Anonymous::change(Tree::Object& object) const {
  const auto has = [&object](std::string_view name) {
    return std::any_of(object.begin(), object.end(), [&](const Tree::Member& member) { return member.first == name; });
  };
  // An extension that we can read is changed like everything else; its bytes must not stand beside it.
  if (has("extension")) std::erase_if(object, [](const Tree::Member& member) { return member.first == "body"; });
  const bool loads = has("dst");  // of Nicira's actions: the value may be an address, or a part of one
  for (auto& [name, value] : object) {
    auto* number = value.as<std::uint64_t>();
    auto* text = value.as<std::string>();
    if (name == "elements") continue;  // of a hello: which versions it speaks
    if (name == "nw_addr" && number != nullptr) {
      *number = hosts_.change_ipv4(static_cast<std::uint32_t>(*number));
    } else if (name == "value" && loads) {
      if (number != nullptr) *number = 0;
      if (text != nullptr) text->assign(text->size(), '0');
    } else if (name == "data" && text != nullptr) {
      if (auto packet = ofmsg::parse_bytes(*text)) {
        change(*packet);
        *text = ofmsg::hex_digits(*packet);
      }
    } else if (is_description(name) && text != nullptr) {
      *text = "-";
    } else if (is_opaque(name) && text != nullptr) {
      text->assign(text->size(), '0');
    } else {
      change(value);
    }
  }
}

void Anonymous::change(Tree& tree) const {
  if (auto* list = tree.as<Tree::List>()) {
    for (Tree& item : *list) change(item);
  } else if (auto* object = tree.as<Tree::Object>()) {
    change(*object);
  } else if (auto* text = tree.as<std::string>()) {
    if (auto changed = hosts_.change(*text)) *text = *std::move(changed);
  }
}

Bytes Anonymous::change(FrameView frame) {
  Bytes same{frame.bytes().begin(), frame.bytes().end()};
  const auto version = ofmsg::version_of(frame.wire_version());
  const auto message = ofmsg::decode(frame);
  // Nobody can say what is in it.
  const auto hidden = [&same] {
    if (same.size() > ofmsg::header_size) std::fill(same.begin() + ofmsg::header_size, same.end(), std::byte{0});
    return same;
  };
  if (!version || !message) return hidden();
  if (const auto* error = std::get_if<ofmsg::Error>(&*message)) {
    ofmsg::Error bare = *error;
    bare.data.resize(std::min(bare.data.size(), ofmsg::header_size));
    Bytes out;
    return ofmsg::encode(out, ofmsg::Message{bare}, *version, frame.xid()) ? out : hidden();
  }
  Tree tree = ofmsg::to_tree(*message, *version, frame.xid());
  change(tree);
  const auto changed = ofmsg::from_tree(tree, *version);
  Bytes out;
  if (!changed || !ofmsg::encode(out, changed->message, *version, frame.xid())) return hidden();
  return out;
}

ByteView Anonymous::change_all(ByteView frames) {
  Bytes out;
  ofmsg::for_each_frame(frames, [&](FrameView frame) { ofmsg::append(out, ByteView{change(frame)}); });
  return kept_.emplace_back(std::move(out));
}

// --- blocks ----------------------------------------------------------------------------------------------------------

ofmsg::Result<replay::RecordingReader::Block, std::string> Anonymous::change(
    const replay::RecordingReader::Block& block) {
  kept_.clear();
  if (const auto* head = std::get_if<replay::RecordingHead>(&block)) {
    replay::RecordingHead out = *head;
    auto policy = change(head->policy);
    if (!policy) return ofmsg::Failure<std::string>{std::move(policy.error())};
    out.policy = *std::move(policy);
    out.wall = 0;
    // Whoever has the recording must not be able to make probes of the daemon that it is from.
    old_secret_ = head->seed.secret;
    new_secret_ = out.seed.secret = random_key();
    if (out.standing) {
      const auto through_bytes = [this]<class M>(M& message, ofmsg::Version version) {
        Bytes bytes;
        if (!ofmsg::encode(bytes, ofmsg::Message{message}, version, ofmsg::Xid{0})) return;
        auto changed = ofmsg::decode(*FrameView::of(change(*FrameView::of(bytes))));
        if (changed && std::holds_alternative<M>(*changed)) message = std::get<M>(*std::move(changed));
      };
      std::map<std::string, ofmsg::Version> versions;
      for (slicing::StandingSwitch& s : out.standing->switches) {
        s.peer = alias(s.peer);
        versions.emplace(s.name, s.version);
        through_bytes(s.features, s.version);
        through_bytes(s.desc, s.version);
        ofmsg::PortDescReply ports{0, s.ports};
        through_bytes(ports, ofmsg::v1_3);
        s.ports = ports.ports;
      }
      for (slicing::StandingLeg& leg : out.standing->legs) leg.at.host = alias(leg.at.host);
      for (slicing::StandingFlow& flow : out.standing->flows) {
        const auto version = versions.find(flow.switch_name);
        if (version != versions.end()) through_bytes(flow.asked, version->second);
      }
    }
    return replay::RecordingReader::Block{std::move(out)};
  }
  replay::Turn out = std::get<replay::Turn>(block);
  if (out.policy) {
    auto policy = change(*out.policy);
    if (!policy) return ofmsg::Failure<std::string>{std::move(policy.error())};
    out.policy = *std::move(policy);
  }
  if (auto* up = std::get_if<slicing::SwitchUp>(&out.input)) up->peer = alias(up->peer);
  if (auto* lost = std::get_if<slicing::Lost>(&out.input)) lost->why = "lost";  // it may name who was there
  if (auto* in = std::get_if<slicing::Arrived>(&out.input)) {
    kept_.push_back(change(in->frame));
    in->frame = *FrameView::of(kept_.back());
  }
  for (auto& [link, bytes] : out.said) bytes = change_all(bytes);
  for (slicing::Record& record : out.records) {
    if (auto* dial = std::get_if<slicing::Dial>(&record)) dial->to.host = alias(dial->to.host);
    if (auto* note = std::get_if<slicing::Note>(&record)) note->detail.clear();
  }
  return replay::RecordingReader::Block{std::move(out)};
}

}  // namespace sluice::ctl
