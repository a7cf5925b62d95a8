// Makes test cases of a recording: what switches and controllers said becomes what they say in a case, and what is
// expected is what the core of now says to that. One case for each switch, in the version that it spoke.
//
// Connections are made as cases make them, so that handshakes, echoes and the proxy's own questions are left out.
// Numbers that the core chooses and that a switch says back become names.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ofmsg/result.hpp"
#include "slicing/replay/driver.hpp"
#include "slicing/replay/link_names.hpp"
#include "slicing/replay/recording.hpp"

namespace sluice::slicing::replay {

struct RecordedCaseSettings {
  std::string slice;                   // only what its controllers say; empty: all
  std::optional<std::uint64_t> limit;  // messages that are said, in each case
};

class RecordedCases {
 public:
  explicit RecordedCases(RecordedCaseSettings settings);
  RecordedCases(const RecordedCases&) = delete;
  RecordedCases& operator=(const RecordedCases&) = delete;
  ~RecordedCases();

  // The blocks of the recording, in order. The error is a sentence.
  [[nodiscard]] ofmsg::Result<void, std::string> take(const RecordingReader::Block& block);

  // The case file. `config`: what stands behind the word "config" in it; empty: the recording's own slice file, in
  // braces. The error is a sentence: that file includes others, or nothing was said.
  [[nodiscard]] ofmsg::Result<std::string, std::string> text(const std::string& config) const;

 private:
  class Maker;  // of one case

  [[nodiscard]] ofmsg::Result<void, std::string> change_policy(const PolicyText& text);
  void begin(const StandingSwitch& s);
  void follow(const Turn& turn);
  void greet(LinkId link, ofmsg::FrameView frame);
  [[nodiscard]] Maker* maker(const std::string& switch_name);

  RecordedCaseSettings settings_;
  PolicyText policy_text_;  // the first
  std::shared_ptr<const policy::Snapshot> policy_;
  std::optional<LinkNames> names_;
  std::map<std::string, std::unique_ptr<Maker>> makers_;  // by switch
  std::map<LinkId, ofmsg::FeaturesReply> greeting_;       // switches of 1.3 whose ports are not known yet
};

}  // namespace sluice::slicing::replay
