#include "slicing/replay/case_run.hpp"

#include <algorithm>
#include <utility>

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
    return std::move(out_);
  }

 private:
  Failure& fail(Place at, std::string what) {
    out_.failure = Failure{at, std::move(what), {}, {}, {}, {}};
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
    return std::all_of(c.steps.begin(), c.steps.end(), [this](const Step& step) { return run_step(step); });
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

  bool say(const Step& step) {
    ofmsg::Bytes bytes;
    if (step.hex) {
      bytes = *parse_hex(step.message);
    } else {
      const auto spelling = parse_spelling(step.message, version_);
      auto said = spelling
                      ? to_bytes(*spelling, version_, ofmsg::Xid{next_xid_++}, bindings_)
                      : ofmsg::Result<ofmsg::Bytes, std::string>{ofmsg::Failure<std::string>{spelling.error().message}};
      if (!said) {
        fail(step.at, said.error());
        return false;
      }
      bytes = *std::move(said);
    }
    if (driver_->say(step.party, bytes)) return true;
    fail(step.at, text(step.party) + " is not there");
    return false;
  }

  bool hear(const Step& step) {
    const At at = step.party.slice.empty() ? At::switch_ : At::controller;
    const auto got = driver_->take(step.party);
    if (!got) {
      Failure& failure =
          fail(step.at, driver_->is_up(step.party) ? "nothing came" : text(step.party) + " is not there");
      failure.expected = step.message;
      return false;
    }
    std::vector<std::string> different = compare(step, got->view(), at);
    if (different.empty()) return true;
    if (settings_.update) {
      out_.updates.push_back({step.message_at, as_it_came(step, got->view(), at)});
      return true;
    }
    Failure& failure = fail(step.at, "another message came");
    failure.expected = step.message;
    failure.got = spell(got->view(), at);
    failure.differences = std::move(different);
    failure.bytes = ofmsg::hex_digits(got->view().bytes());
    return false;
  }

  std::string as_it_came(const Step& step, ofmsg::FrameView got, At at) const {
    if (step.hex) return ofmsg::hex_digits(got.bytes());
    const auto spelling = parse_spelling(step.message, version_);
    return spelling ? spell_like(*spelling, got, at) : spell(got, at);
  }

  std::vector<std::string> compare(const Step& step, ofmsg::FrameView got, At at) {
    if (step.hex) {
      const ofmsg::Bytes expected = *parse_hex(step.message);
      return std::equal(expected.begin(), expected.end(), got.bytes().begin(), got.bytes().end())
                 ? std::vector<std::string>{}
                 : std::vector<std::string>{"the bytes differ"};
    }
    const auto spelling = parse_spelling(step.message, version_);
    return spelling ? differences(*spelling, got, at, bindings_) : std::vector{spelling.error().message};
  }

  bool hear_nothing(const Step& step) {
    const auto got = driver_->take(step.party);
    if (!got) return true;
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
    failure.bytes = ofmsg::hex_digits(got.bytes());
  }

  const CaseFile& file_;
  const LoadPolicy& load_;
  RunSettings settings_;
  ofmsg::Version version_ = ofmsg::v1_3;
  std::optional<Driver> driver_;
  Bindings bindings_;
  std::uint32_t next_xid_ = 1;
  Outcome out_;
};

}  // namespace

Outcome run_case(const CaseFile& file, const Case& c, const LoadPolicy& load, RunSettings settings) {
  return Runner{file, load, settings}.run(c);
}

}  // namespace sluice::slicing::replay
