// A recording as a list of messages: who said what to whom, and what was done with it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ofmsg/kind.hpp"
#include "ofmsg/result.hpp"
#include "slicing/replay/link_names.hpp"
#include "slicing/replay/recording.hpp"

namespace sluice::ctl {

// One message at the proxy, valid during the call.
struct Passing {
  slicing::Time at{};
  const slicing::replay::FarEnd* end = nullptr;
  bool said = false;  // by that end; else it hears it
  ofmsg::FrameView frame;
  std::string comment;  // "refused E0201 …", "from video@s1, xid 0x5 -> 0x1004"
};

// Which messages are wanted; empty means all.
struct TrafficFilter {
  std::string slice;  // its own messages, and those at switches that come from them or go to them
  std::string switch_name;
  enum class Side : std::uint8_t { both, switch_, slice } side = Side::both;
  std::vector<ofmsg::Kind> kinds;
};

class Traffic {
 public:
  using Show = std::function<void(const Passing&)>;

  Traffic(TrafficFilter filter, Show show) : filter_{std::move(filter)}, show_{std::move(show)} {}

  // The error is a sentence: a slice file that does not compile.
  [[nodiscard]] ofmsg::Result<void, std::string> take(const slicing::replay::RecordingReader::Block& block);

  // Milliseconds since 1970 at time zero.
  [[nodiscard]] std::int64_t epoch() const { return epoch_; }

  [[nodiscard]] const policy::Snapshot& policy() const { return names_->policy(); }

 private:
  [[nodiscard]] ofmsg::Result<void, std::string> change_policy(const slicing::replay::PolicyText& text);
  void show(const slicing::replay::Turn& turn);
  void show(const Passing& passing, bool of_slice);
  [[nodiscard]] std::string name(const slicing::replay::FarEnd& end) const;
  [[nodiscard]] std::string what_was_done(const slicing::replay::Turn& turn) const;

  TrafficFilter filter_;
  Show show_;
  std::shared_ptr<const policy::Snapshot> policy_;
  std::optional<slicing::replay::LinkNames> names_;
  std::int64_t epoch_ = 0;
};

}  // namespace sluice::ctl
