#include "slicing/replay/case_run.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "ofmsg/deframer.hpp"
#include "ofmsg/kind.hpp"
#include "ofmsg/text_parts.hpp"
#include "slicing/replay/message_text.hpp"

namespace sluice::slicing::replay {

namespace {

class Runner {
 public:
  Runner(const CaseFile& file, const LoadPolicy& load, RunSettings settings)
      : file_{file}, load_{load}, settings_{settings} {}

  Outcome run(const Case& c) {
    if (c.skip) {
      out_.skipped = c.skip;
      return std::move(out_);
    }
    version_ = c.version.value_or(file_.version);
    const auto policy = load_(*file_.policy, nullptr);
    if (!policy) {
      fail(file_.policy->at, policy.error());
      return std::move(out_);
    }
    driver_.emplace(*policy, settings_.seed);
    if (connect_switches()) run_steps(c);
    if (settings_.witness) finish_witness();
    return std::move(out_);
  }

 private:
  Failure& fail(Place at, std::string what) {
    out_.failure.emplace();
    out_.failure->at = at;
    out_.failure->what = std::move(what);
    return *out_.failure;
  }

  bool connect_switches() {
    for (const CaseSwitch& s : file_.switches) {
      const auto id = driver_->policy().find_switch(s.name);
      if (!id) {
        fail(s.at, "the slice file has no switch " + s.name);
        return false;
      }
      const policy::Switch& known = driver_->policy().switch_(*id);
      if (!known.versions.has(version_)) {
        fail(s.at, "the slice file does not let " + s.name + " speak OpenFlow " + std::string{ofmsg::text(version_)});
        return false;
      }
      driver_->connect_switch(s.name, {known.dpid, s.ports, version_});
    }
    return true;
  }

  // Those of the case that it comes after first.
  bool run_steps(const Case& c) {
    if (c.after) {
      const auto before = std::find_if(file_.cases.begin(), file_.cases.end(),
                                       [&c](const Case& other) { return other.name == *c.after; });
      if (!run_steps(*before)) return false;
    }
    return std::all_of(c.steps.begin(), c.steps.end(), [this](const Step& step) {
      const bool done = run_step(step);
      if (settings_.witness) bear_witness();
      return done;
    });
  }

  bool run_step(const Step& step) {
    switch (step.what) {
      case Step::What::say: return say(step);
      case Step::What::hear: return hear(step);
      case Step::What::hear_nothing: return hear_nothing(step);
      case Step::What::nothing_else: return nothing_else(step);
      case Step::What::wait: driver_->advance(step.time); return true;
      case Step::What::connect:
        if (driver_->connect(step.party)) return true;
        fail(step.at, text(step.party) + " did not come up");
        return false;
      case Step::What::disconnect:
        if (driver_->disconnect(step.party)) return true;
        fail(step.at, text(step.party) + " is not there");
        return false;
      case Step::What::policy: return change_policy(step);
    }
    return false;
  }

  bool change_policy(const Step& step) {
    auto policy = load_(step.policy, &driver_->policy());
    if (!policy) {
      fail(step.at, policy.error());
      return false;
    }
    driver_->change_policy(*std::move(policy));
    // The proxy dials those who are new at once.
    driver_->advance(Time{});
    return true;
  }

  // What a step's message says in the version of this run, which may be that of a case that comes after the step's own.
  ofmsg::Result<Spelling, ofmsg::TextError> spelling(const Step& step) const {
    if (step.spelling && step.version == version_) return *step.spelling;
    return parse_spelling(step.message, version_);
  }

  ofmsg::Result<ofmsg::Bytes, std::string> bytes_to_say(const Step& step) {
    if (step.hex) return step.bytes;
    const auto said = spelling(step);
    if (!said) return ofmsg::Failure<std::string>{said.error().message};
    return to_bytes(*said, version_, ofmsg::Xid{next_xid_++}, bindings_);
  }

  bool say(const Step& step) {
    auto bytes = bytes_to_say(step);
    if (!bytes) {
      fail(step.at, bytes.error());
      return false;
    }
    last_said_ = {step.party, *std::move(bytes)};
    if (settings_.witness) witness_said(last_said_);
    if (driver_->say(step.party, last_said_.bytes)) return true;
    fail(step.at, text(step.party) + " is not there");
    return false;
  }

  bool hear(const Step& step) {
    const auto got = driver_->take(step.party);
    if (!got) {
      Failure& failure =
          fail(step.at, driver_->is_up(step.party) ? "nothing came" : text(step.party) + " is not there");
      failure.expected = step.message;
      explain_by_last_said(failure);
      return false;
    }
    ++taken_[step.party];
    const ofmsg::FrameView view = got->view();
    const At at = step.party.slice.empty() ? At::switch_ : At::controller;
    if (step.hex) return step.bytes == bytes_of(view) || hear_other(step, nullptr, view, at, {"the bytes differ"});
    const auto expected = spelling(step);
    if (!expected) return hear_other(step, nullptr, view, at, {expected.error().message});
    std::vector<std::string> different = differences(*expected, view, at, bindings_);
    return different.empty() || hear_other(step, &*expected, view, at, std::move(different));
  }

  // Another message came. True: that is what is to be expected from now on.
  bool hear_other(const Step& step, const Spelling* expected, ofmsg::FrameView got, At at,
                  std::vector<std::string> different) {
    if (settings_.update) {
      std::string came = step.hex              ? ofmsg::hex_digits(got.bytes())
                         : expected != nullptr ? spell_like(*expected, got, at)
                                               : spell(got, at);
      out_.updates.push_back({step.message_at, std::move(came)});
      return true;
    }
    Failure& failure = fail(step.at, "another message came");
    failure.expected = step.message;
    failure.got = step.hex              ? ofmsg::hex_digits(got.bytes())
                  : expected != nullptr ? spell_beside(*expected, got, at)
                                        : spell(got, at);
    failure.differences = std::move(different);
    failure.at_least = expected != nullptr && expected->at_least;
    failure.got_bytes = bytes_of(got);
    failure.expected_bytes = step.bytes;
    if (expected != nullptr) {
      if (auto bytes = expected_bytes(*expected, got, at, bindings_)) failure.expected_bytes = *std::move(bytes);
    }
    explain(failure, step.party, got);
    return false;
  }

  bool hear_nothing(const Step& step) {
    const auto got = driver_->take(step.party);
    if (!got) return true;
    ++taken_[step.party];
    unexpected(step, step.party, got->view());
    return false;
  }

  bool nothing_else(const Step& step) {
    const auto left = driver_->left();
    if (left.empty()) return true;
    unexpected(step, left.front().first, left.front().second.view());
    return false;
  }

  void unexpected(const Step& step, const Party& party, ofmsg::FrameView got) {
    const At at = party.slice.empty() ? At::switch_ : At::controller;
    Failure& failure = fail(step.at, "something came to " + text(party));
    failure.expected = "nothing";
    failure.got = spell(got, at);
    failure.got_bytes = bytes_of(got);
    explain(failure, party, got);
  }

  // --- why ----------------------------------------------------------------------------------------------------------

  static ofmsg::Bytes bytes_of(ofmsg::FrameView frame) { return {frame.bytes().begin(), frame.bytes().end()}; }

  // The refusal behind an error, or behind silence.
  void explain_by_refusal(Failure& failure, const Party& party, std::uint32_t xid) {
    for (const Refusal& refusal : driver_->domain().refusals()) {
      if (refusal.xid != xid || refusal.slice != party.slice || refusal.switch_name != party.switch_name) continue;
      failure.code = refusal.code;
      failure.why = refusal.why;
      if (refusal.rule) failure.rules = {{refusal.slice, refusal.rule->name, refusal.rule->position}};
      return;
    }
  }

  void explain(Failure& failure, const Party& party, ofmsg::FrameView got) {
    const auto kind = ofmsg::kind_of(got);
    if (kind && *kind == ofmsg::Kind::error) return explain_by_refusal(failure, party, got.xid().value);
    failure.rules = rules_of(party, got);
  }

  void explain_by_last_said(Failure& failure) {
    const auto frame = ofmsg::FrameView::of(last_said_.bytes);
    if (!frame) return;
    if (!last_said_.party.slice.empty()) {
      explain_by_refusal(failure, last_said_.party, frame->xid().value);
    } else {
      failure.rules = rules_of(last_said_.party, *frame);
    }
  }

  // By the ports that the switch has now.
  std::vector<RuleUse> rules_of(const Party& party, ofmsg::FrameView frame) {
    const auto id = driver_->policy().find_switch(party.switch_name);
    const auto state = driver_->domain().state(driver_->now());
    const auto found = std::find_if(state.switches.begin(), state.switches.end(),
                                    [&party](const SwitchState& s) { return s.name == party.switch_name; });
    if (!id || found == state.switches.end()) return {};
    std::vector<ofmsg::Port> ports;
    for (const PortState& port : found->ports) {
      ofmsg::Port& p = ports.emplace_back();
      p.number = port.number;
      p.name.value = port.name;
    }
    return Attribution{driver_->policy(), *id, ports, version_}.rules(party, frame);
  }

  // --- what the case has come upon
  // ------------------------------------------------------------------------------------

  void witness_rules(const Party& party, ofmsg::FrameView frame) {
    for (RuleUse& rule : rules_of(party, frame)) out_.witness.rules.push_back(std::move(rule));
  }

  // What is said need not be messages.
  void witness_said(const Witness::Heard& said) {
    ofmsg::Deframer deframer;
    deframer.feed(said.bytes);
    for (auto frame = deframer.next(); frame && *frame; frame = deframer.next()) {
      out_.witness.said.push_back({said.party, bytes_of(**frame)});
      witness_rules(said.party, **frame);
    }
  }

  // What has come since the last step, taken or not.
  void bear_witness() {
    const auto left = driver_->left();
    std::map<Party, std::size_t> waiting;
    for (const auto& [party, frame] : left) ++waiting[party];
    // What waits for a party goes with its connection.
    for (auto& [party, count] : witnessed_) {
      if (taken_[party] + waiting[party] < count) count = taken_[party];
    }
    waiting.clear();
    for (const auto& [party, frame] : left) {
      if (taken_[party] + waiting[party]++ < witnessed_[party]) continue;
      ++witnessed_[party];
      out_.witness.heard.push_back({party, bytes_of(frame.view())});
      witness_rules(party, frame.view());
    }
  }

  void finish_witness() {
    Witness& witness = out_.witness;
    for (const Refusal& refusal : driver_->domain().refusals()) {
      witness.codes.push_back(refusal.code);
      if (refusal.rule) witness.rules.push_back({refusal.slice, refusal.rule->name, refusal.rule->position});
    }
    const auto tidy = [](auto& list) {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    };
    tidy(witness.rules);
    tidy(witness.codes);
  }

  const CaseFile& file_;
  const LoadPolicy& load_;
  RunSettings settings_;
  ofmsg::Version version_ = ofmsg::v1_3;
  std::optional<Driver> driver_;
  Bindings bindings_;
  Witness::Heard last_said_;
  std::map<Party, std::size_t> taken_, witnessed_;  // messages, by who heard them
  std::uint32_t next_xid_ = 1;
  Outcome out_;
};

}  // namespace

Outcome run_case(const CaseFile& file, const Case& c, const LoadPolicy& load, RunSettings settings) {
  return Runner{file, load, settings}.run(c);
}

}  // namespace sluice::slicing::replay
