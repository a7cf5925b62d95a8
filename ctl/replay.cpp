// `sluicectl replay`: a recording, played to the core of this program: does it say the same, and what would another
// slice file have done?
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>
#include <ostream>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ctl/anonymous.hpp"
#include "ctl/policy_file.hpp"
#include "ctl/program.hpp"
#include "ctl/recording_source.hpp"
#include "ctl/text_input.hpp"
#include "slicing/replay/difference_text.hpp"
#include "slicing/replay/player.hpp"
#include "slicing/replay/shadow.hpp"

namespace sluice::ctl {

namespace {

namespace replay = slicing::replay;
using replay::Difference;
using replay::RecordingHead;
using replay::Turn;
using Done = ofmsg::Result<void, std::string>;

constexpr std::string_view next_try = "sluicectl help replay";

ofmsg::Failure<std::string> no(std::string why) { return ofmsg::Failure<std::string>{std::move(why)}; }

// "4", "0.5", "max": how many times as fast as it was; nothing for as fast as possible.
ofmsg::Result<std::optional<double>, std::string> speed_of(const std::string& text) {
  if (text == "max") return std::optional<double>{};
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0' || !(value > 0) || std::isinf(value)) {
    return no(fmt::format("--speed {}: a number above 0, or max", text));
  }
  return std::optional{value};
}

// Differences of a replay that should have had none: message by message.
Difference difference_of(std::uint64_t number, const Turn& recorded, const Turn& now, const replay::LinkNames& names) {
  Difference difference;
  difference.turn = number;
  difference.at = recorded.at;
  const auto name = [&names](slicing::LinkId link) {
    const replay::FarEnd* end = names.find(link);
    return end == nullptr ? replay::FarEnd{{}, {}, fmt::format("link {:x}", link.value)} : *end;
  };
  if (const auto* in = std::get_if<slicing::Arrived>(&recorded.input)) {
    difference.from = name(in->link);
    difference.cause.emplace(in->frame);
  }
  const auto collect = [&name](const Turn& turn) {
    std::vector<replay::OneSided> all;
    for (const auto& [link, bytes] : turn.said) {
      const replay::FarEnd end = name(link);
      ofmsg::for_each_frame(bytes, [&](ofmsg::FrameView frame) { all.push_back({end, ofmsg::Frame{frame}}); });
    }
    return all;
  };
  difference.first = collect(recorded);
  difference.second = collect(now);
  const auto same = [](const replay::OneSided& a, const replay::OneSided& b) {
    const auto left = a.frame.view().bytes();
    const auto right = b.frame.view().bytes();
    return a.to == b.to && std::equal(left.begin(), left.end(), right.begin(), right.end());
  };
  for (auto at = difference.first.begin(); at != difference.first.end();) {
    const auto other = std::find_if(difference.second.begin(), difference.second.end(),
                                    [&](const replay::OneSided& b) { return same(*at, b); });
    if (other == difference.second.end()) {
      ++at;
    } else {
      difference.second.erase(other);
      at = difference.first.erase(at);
    }
  }
  return difference;
}

class Replay {
 public:
  Replay(const Settings& settings, Io& io, std::optional<double> speed) : settings_{settings}, io_{io}, speed_{speed} {}

  ExitCode run(const std::string& path) {
    if (settings_.config) {
      const PolicyFile file = read_policy(*settings_.config, settings_, io_);
      if (!file.snapshot) return file.verdict;
      other_ = file.snapshot;
      other_text_ = replay::policy_text(file.document, *settings_.config);
    }
    const ExitCode code =
        read_recording(path, io_, [this](const replay::RecordingReader::Block& block) { return take(block); });
    if (code != ExitCode::good) return code;
    if (shadow_) {
      shadow_->finish();
      tell_of(shadow_->take());
    }
    if (settings_.output && !saved_.flush()) {
      io_.err << fmt::format("sluicectl: {} cannot be written\n", *settings_.output);
      return ExitCode::usage;
    }
    return sum_up();
  }

 private:
  // Another policy, a recording that began in the middle or that is to be changed: the numbers that the core chooses
  // are not those of the recording.
  [[nodiscard]] bool is_shadowed(const RecordingHead& head) const {
    return other_ || head.standing || settings_.slice_name || settings_.output;
  }

  Done take(const replay::RecordingReader::Block& block) {
    if (!anonymous_ && settings_.anonymise) anonymous_.emplace();
    if (anonymous_) {
      const auto changed = anonymous_->change(block);
      if (!changed) return no(changed.error());
      return take_as_it_is(*changed);
    }
    return take_as_it_is(block);
  }

  Done take_as_it_is(const replay::RecordingReader::Block& block) {
    if (const auto* head = std::get_if<RecordingHead>(&block)) return begin(*head);
    const Turn& turn = std::get<Turn>(block);
    if (settings_.until && turns_ >= *settings_.until) return {};
    ++turns_;
    keep_pace(turn.at);
    return shadow_ ? follow(turn) : play(turn);
  }

  Done begin(const RecordingHead& head) {
    begin_ = head.at;
    auto policy = replay::compile(head.policy);
    if (!policy) return no("its slice file has errors:\n" + policy.error());
    first_ = *std::move(policy);
    names_.emplace(first_);
    if (head.standing) names_->begin(*head.standing);
    if (!is_shadowed(head)) {
      auto player = replay::Player::begin(head);
      if (!player) return no(player.error());
      player_.emplace(*std::move(player));
      return {};
    }
    shadow_ = std::make_unique<replay::Shadow>(first_, other_ ? other_ : first_, head.seed);
    second_ = other_ ? other_ : first_;
    if (settings_.slice_name && !first_->find_slice(*settings_.slice_name)) {
      return no(fmt::format("its slice file has no slice \"{}\"", *settings_.slice_name));
    }
    if (settings_.output) {
      const std::string why = make_private(*settings_.output);
      if (!why.empty()) return no(fmt::format("{} cannot be written: {}", *settings_.output, why));
      saved_.open(*settings_.output, std::ios::binary);
      save(head);
    }
    if (head.standing) shadow_->join(*head.standing, head.at);
    write(shadow_->take_recorded());
    refused_at_join_ = shadow_->refused_at_join();
    return {};
  }

  // What the second core does is a recording, too: one that began with a new core.
  void save(const RecordingHead& head) {
    RecordingHead saved = head;
    saved.program = "sluicectl " SLUICE_VERSION;
    // What stood when it began was asked for before.
    if (saved.standing) {
      for (const slicing::StandingFlow& flow : saved.standing->flows) saved.at = std::min(saved.at, flow.since);
    }
    saved.standing.reset();
    if (other_) saved.policy = other_text_;
    ofmsg::Bytes bytes;
    replay::append_head(bytes, saved);
    write(bytes);
    shadow_->record();
  }

  void write(const ofmsg::Bytes& bytes) {
    saved_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

  Done follow(const Turn& turn) {
    if (turn.policy) {
      auto next = replay::compile(*turn.policy, first_.get());
      if (!next) return no("its slice file has errors:\n" + next.error());
      first_ = *std::move(next);
      names_->change_policy(first_);
      shadow_->first_policy(first_);
      if (!other_) {
        auto mine = replay::compile(*turn.policy, second_.get());
        if (!mine) return no(mine.error());
        second_ = *std::move(mine);
        shadow_->change_policy(second_, turn.at, *turn.policy);
      }
    }
    names_->follow(turn);
    shadow_->follow(turn, is_left_out(turn) ? replay::Shadow::Hearing::misses : replay::Shadow::Hearing::hears);
    write(shadow_->take_recorded());
    tell_of(shadow_->take());
    return {};
  }

  // With --slice, what the controllers of others say.
  [[nodiscard]] bool is_left_out(const Turn& turn) const {
    const auto* in = std::get_if<slicing::Arrived>(&turn.input);
    if (!settings_.slice_name || in == nullptr || !settings_.output) return false;
    const replay::FarEnd* end = names_->find(in->link);
    const auto kind = ofmsg::kind_of(in->frame);
    return end != nullptr && !end->is_switch() && end->slice != *settings_.slice_name && kind &&
           *kind != ofmsg::Kind::hello;
  }

  Done play(const Turn& turn) {
    names_->follow(turn);
    auto out = player_->play(turn);
    if (!out) return no(out.error());
    if (replay::same(turn, *out)) return {};
    std::vector<Difference> one;
    one.push_back(difference_of(turns_, turn, replay::turn_of(turn.at, turn.input, *out), *names_));
    tell_of(one);
    return {};
  }

  [[nodiscard]] static bool concerns(const Difference& difference, const std::string& slice) {
    const auto is_for = [&slice](const replay::OneSided& said) { return said.to.slice == slice; };
    return difference.from.slice == slice || std::any_of(difference.first.begin(), difference.first.end(), is_for) ||
           std::any_of(difference.second.begin(), difference.second.end(), is_for);
  }

  void keep_pace(slicing::Time at) {
    if (!speed_) return;
    if (!started_) started_ = std::chrono::steady_clock::now();
    const auto passed = std::chrono::duration<double>(at - begin_) / *speed_;
    std::this_thread::sleep_until(*started_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(passed));
  }

  void tell_of(const std::vector<Difference>& differences) {
    // A recording that is being changed is not expected to say the same.
    if (settings_.output && (settings_.slice_name || !other_)) return;
    for (const Difference& difference : differences) {
      if (settings_.slice_name && !concerns(difference, *settings_.slice_name)) continue;
      ++differences_;
      const std::string slice = !difference.from.slice.empty() ? difference.from.slice
                                : !difference.first.empty()    ? difference.first.front().to.slice
                                : !difference.second.empty()   ? difference.second.front().to.slice
                                                               : std::string{};
      ++by_slice_[slice.empty() ? "-" : slice];
      const bool wanted = settings_.diff || !other_;
      if (!wanted || settings_.quiet) continue;
      if (settings_.json) {
        io_.out << document(difference).dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
      } else {
        io_.out << replay::text(difference, *first_, begin_);
      }
    }
  }

  using Json = nlohmann::ordered_json;

  [[nodiscard]] Json document(const Difference& difference) const {
    const auto list = [this](const std::vector<replay::OneSided>& all) {
      Json out = Json::array();
      for (const replay::OneSided& said : all) {
        out.push_back(
            {{"to", replay::text(said.to, *first_)}, {"text", replay::heard_by(said.to, said.frame.view(), *first_)}});
      }
      return out;
    };
    return {{"kind", "sluicectl.difference"},
            {"v", 1},
            {"input", difference.turn},
            {"seconds", std::chrono::duration<double>{difference.at - begin_}.count()},
            {"cause", difference.cause ? Json(replay::said_by(difference.from, difference.cause->view(), *first_))
                                       : Json(nullptr)},
            {"recorded", list(difference.first)},
            {"now", list(difference.second)},
            {"recorded_why", difference.first_why},
            {"now_why", difference.second_why}};
  }

  ExitCode sum_up() {
    if (settings_.quiet) return differences_ > 0 ? ExitCode::no : ExitCode::good;
    if (settings_.json) return sum_up_in_json();
    if (other_ && !settings_.diff) {
      for (const auto& [slice, count] : by_slice_) io_.out << fmt::format("{}  {} inputs\n", slice, count);
    }
    if (refused_at_join_ > 0 && other_) {
      io_.out << fmt::format("{} flows stood at the beginning that {} does not allow\n", refused_at_join_,
                             *settings_.config);
    }
    if (settings_.output) {
      io_.out << fmt::format("{}: written, of {} inputs\n", *settings_.output, turns_);
      if (settings_.slice_name || settings_.anonymise) return ExitCode::good;
    }
    io_.out << fmt::format("{} inputs, {} differ\n", turns_, differences_ == 0 ? "none" : std::to_string(differences_));
    return differences_ > 0 ? ExitCode::no : ExitCode::good;
  }

  ExitCode sum_up_in_json() {
    Json sums{{"kind", "sluicectl.replay"}, {"v", 1}, {"inputs", turns_}, {"differ", differences_}};
    sums["by_slice"] = Json::object();
    for (const auto& [slice, count] : by_slice_) sums["by_slice"][slice] = count;
    if (other_) sums["not_allowed_at_begin"] = refused_at_join_;
    if (settings_.output) sums["written"] = *settings_.output;
    io_.out << sums.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    const bool changed = settings_.output && (settings_.slice_name || settings_.anonymise);
    return differences_ > 0 && !changed ? ExitCode::no : ExitCode::good;
  }

  const Settings& settings_;
  Io& io_;
  std::optional<double> speed_;
  std::shared_ptr<const policy::Snapshot> other_;  // to be tried
  replay::PolicyText other_text_;
  std::shared_ptr<const policy::Snapshot> first_, second_;
  std::optional<replay::LinkNames> names_;
  std::optional<replay::Player> player_;
  std::unique_ptr<replay::Shadow> shadow_;
  std::optional<Anonymous> anonymous_;
  std::ofstream saved_;
  slicing::Time begin_{};
  std::optional<std::chrono::steady_clock::time_point> started_;
  std::uint64_t turns_ = 0, differences_ = 0;
  std::map<std::string, std::uint64_t> by_slice_;
  std::size_t refused_at_join_ = 0;
};

}  // namespace

ExitCode replay_recording(const Settings& settings, Io& io) {
  if (settings.words.size() != 1) return wrong_usage(io, "which recording?", next_try);
  if (settings.anonymise && !settings.output) {
    return wrong_usage(io, "--anonymise needs a file to write",
                       "sluicectl replay day.slicerec --anonymise -o new.slicerec");
  }
  if (settings.diff && !settings.config)
    return wrong_usage(io, "--diff goes with another slice file, -c FILE", next_try);
  if (settings.slice_name && !settings.config && !settings.output) {
    return wrong_usage(io, "--slice goes with -c FILE, whose differences it chooses, or with -o FILE", next_try);
  }
  const auto speed = speed_of(settings.speed);
  if (!speed) return wrong_usage(io, speed.error(), next_try);
  return Replay{settings, io, *speed}.run(settings.words.front());
}

}  // namespace sluice::ctl
