#include "ctl/traffic.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slicing/replay/difference_text.hpp"

namespace sluice::ctl {

namespace replay = slicing::replay;
using ofmsg::FrameView;
using replay::FarEnd;
using replay::Turn;

namespace {

std::string kind_text(FrameView frame) {
  const auto kind = ofmsg::kind_of(frame);
  return kind ? std::string{ofmsg::text(*kind)} : fmt::format("message type {}", frame.type());
}

}  // namespace

ofmsg::Result<void, std::string> Traffic::change_policy(const replay::PolicyText& text) {
  auto policy = replay::compile(text, policy_.get());
  if (!policy) return ofmsg::Failure<std::string>{"its slice file has errors:\n" + policy.error()};
  policy_ = *std::move(policy);
  names_ ? names_->change_policy(policy_) : static_cast<void>(names_.emplace(policy_));
  return {};
}

ofmsg::Result<void, std::string> Traffic::take(const replay::RecordingReader::Block& block) {
  if (const auto* head = std::get_if<replay::RecordingHead>(&block)) {
    if (auto done = change_policy(head->policy); !done) return done;
    if (head->standing) names_->begin(*head->standing);
    epoch_ = head->wall - std::chrono::duration_cast<std::chrono::milliseconds>(head->at).count();
    return {};
  }
  const Turn& turn = std::get<Turn>(block);
  if (turn.policy) {
    if (auto done = change_policy(*turn.policy); !done) return done;
  }
  names_->follow(turn);
  show(turn);
  return {};
}

std::string Traffic::name(const FarEnd& end) const { return replay::text(end, names_->policy()); }

// With the message of this turn.
std::string Traffic::what_was_done(const Turn& turn) const {
  std::string out;
  const auto add = [&out](const std::string& part) { out += (out.empty() ? "" : "; ") + part; };
  for (const slicing::Record& record : turn.records) {
    if (const auto* note = std::get_if<slicing::Note>(&record)) {
      add(note->id == slicing::NoteId::refused
              ? "refused " + note->detail
              : fmt::format("{}{}{}", slicing::facts(note->id).name, note->detail.empty() ? "" : " ", note->detail));
    } else if (const auto* hangup = std::get_if<slicing::Hangup>(&record)) {
      add("hung up: " + hangup->why);
    }
  }
  for (const auto& [link, bytes] : turn.said) {
    const FarEnd* end = names_->find(link);
    if (end == nullptr) continue;
    ofmsg::for_each_frame(bytes, [&](FrameView frame) {
      add(fmt::format("-> {} {} xid 0x{:x}", name(*end), kind_text(frame), frame.xid().value));
    });
  }
  return out.empty() ? "nothing follows from it now" : out;
}

void Traffic::show(const Turn& turn) {
  const auto* in = std::get_if<slicing::Arrived>(&turn.input);
  const FarEnd* from = in == nullptr ? nullptr : names_->find(in->link);
  // Does the turn have to do with the slice that is wanted?
  bool of_slice = from != nullptr && from->slice == filter_.slice;
  for (const auto& [link, bytes] : turn.said) {
    const FarEnd* end = names_->find(link);
    of_slice = of_slice || (end != nullptr && end->slice == filter_.slice);
  }
  if (from != nullptr) show({turn.at, from, true, in->frame, what_was_done(turn)}, of_slice);
  for (const auto& [link, bytes] : turn.said) {
    const FarEnd* end = names_->find(link);
    if (end == nullptr) continue;
    ofmsg::for_each_frame(bytes, [&](FrameView frame) {
      std::string comment;
      if (from != nullptr) {
        comment = fmt::format("from {} {}, xid 0x{:x} -> 0x{:x}", name(*from), kind_text(in->frame),
                              in->frame.xid().value, frame.xid().value);
      }
      show({turn.at, end, false, frame, std::move(comment)}, of_slice);
    });
  }
}

void Traffic::show(const Passing& passing, bool of_slice) {
  using Side = TrafficFilter::Side;
  const FarEnd& end = *passing.end;
  if (!filter_.switch_name.empty() && end.switch_name != filter_.switch_name) return;
  if (filter_.side == (end.is_switch() ? Side::slice : Side::switch_)) return;
  if (!filter_.slice.empty() && (end.is_switch() ? !of_slice : end.slice != filter_.slice)) return;
  if (!filter_.kinds.empty()) {
    const auto kind = ofmsg::kind_of(passing.frame);
    if (!kind || std::find(filter_.kinds.begin(), filter_.kinds.end(), *kind) == filter_.kinds.end()) return;
  }
  show_(passing);
}

}  // namespace sluice::ctl
