#include "proxy/shadow_watch.hpp"

#include <exception>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "slicing/replay/difference_text.hpp"

namespace sluice::proxy {

ShadowWatch::ShadowWatch(const slicing::Domain& domain, Tap& tap, Log& log, const slicing::Seed& seed)
    : domain_{domain}, tap_{tap}, log_{log}, seed_{seed} {}

ShadowWatch::~ShadowWatch() { end(); }

ofmsg::Result<void, std::string> ShadowWatch::begin(std::shared_ptr<const policy::Snapshot> first,
                                                    std::shared_ptr<const policy::Snapshot> second, std::string file,
                                                    slicing::Time now, Begin how) {
  end();
  first_ = first;
  state_ = {};
  state_.file = std::move(file);
  state_.since = now;
  state_.fingerprint = second->fingerprint();
  try {
    auto shadow = std::make_unique<slicing::replay::Shadow>(std::move(first), std::move(second), seed_);
    if (how == Begin::in_the_middle) {
      const slicing::Standing standing = domain_.standing();
      state_.on_their_way_at_start = standing.on_their_way;
      shadow->join(standing, now);
    }
    state_.refused_at_start = shadow->refused_at_join();
    shadow_ = std::move(shadow);
  } catch (const std::exception& error) {
    return ofmsg::Failure<std::string>{fmt::format("{} cannot be followed: {}", state_.file, error.what())};
  }
  listening_ = tap_.add([this](const slicing::replay::Turn& turn) { without_effect([&] { compare(turn); }); });
  log_.say(Severity::info, "shadow", "traffic is judged by a second policy, without effect", {{"file", state_.file}});
  return {};
}

void ShadowWatch::end() {
  if (!listening_) return;
  tap_.remove(*std::exchange(listening_, std::nullopt));
  shadow_.reset();
  log_.say(Severity::info, "shadow_ended", "no second policy judges any more", {{"file", state_.file}});
}

void ShadowWatch::first_policy(const std::shared_ptr<const policy::Snapshot>& policy) {
  first_ = policy;
  without_effect([&] {
    if (shadow_) shadow_->first_policy(policy);
  });
}

template <class What>
void ShadowWatch::without_effect(What what) {
  try {
    what();
  } catch (const std::exception& error) {
    give_up(error.what());
  }
}

void ShadowWatch::give_up(const char* why) {
  log_.say(Severity::error, "shadow_failed", "the second policy is given up", {{"why", why}});
  end();
}

void ShadowWatch::compare(const slicing::replay::Turn& turn) {
  shadow_->follow(turn);
  const std::vector<slicing::replay::Difference> differences = shadow_->take();
  std::size_t left = differences.size();
  for (const slicing::replay::Difference& difference : differences) {
    --left;
    ++state_.differences;
    std::set<std::string> slices;
    const auto count = [&slices](const slicing::replay::FarEnd& end) {
      if (!end.slice.empty()) slices.insert(end.slice);
    };
    count(difference.from);
    for (const auto& said : difference.first) count(said.to);
    for (const auto& said : difference.second) count(said.to);
    for (const std::string& slice : slices) ++state_.by_slice[slice];
    if (left >= kept) continue;  // one of those that follow would take its place
    admin::ShadowDifference text{difference.at, slicing::replay::text(difference, *first_, state_.since)};
    log_.say_limited(Severity::info, "shadow_differs", "the second policy would have said something else", turn.at,
                     {{"what", text.text}});
    state_.last.push_front(std::move(text));
    if (state_.last.size() > kept) state_.last.pop_back();
  }
}

std::optional<admin::ShadowState> ShadowWatch::state() const {
  if (!shadow_) return std::nullopt;
  admin::ShadowState state = state_;
  state.turns = shadow_->turns();
  state.same = shadow_->same();
  return state;
}

}  // namespace sluice::proxy
