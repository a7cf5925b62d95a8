// A recording that may be given away: the same story, without whose it is.
//
// Addresses of hosts are changed by one secret in every bit that no rule of the slice file looks at, so that whatever
// the policy and the flows tell apart stays apart; what packets carry behind their headers is blanked. Descriptions,
// owners, comments, and where peers connect from and to are replaced. What stays: names of slices, switches and ports,
// datapath ids, VLANs, transport ports, the flowspace's own addresses, times and sizes.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "ofmsg/result.hpp"
#include "ofmsg/tree.hpp"
#include "policy/snapshot.hpp"
#include "slicing/replay/recording.hpp"

namespace sluice::ctl {

class Anonymous {
 public:
  Anonymous();

  // A block in its turn. The result is valid until the next call. The error is a sentence.
  [[nodiscard]] ofmsg::Result<slicing::replay::RecordingReader::Block, std::string> change(
      const slicing::replay::RecordingReader::Block& block);

  // What is added to an address, by its length in bytes (4, 6, 16), where no rule looks at it.
  using Key = std::array<std::uint8_t, 16>;

 private:
  void protect(const policy::Snapshot& policy);
  [[nodiscard]] ofmsg::Result<slicing::replay::PolicyText, std::string> change(const slicing::replay::PolicyText& text);
  [[nodiscard]] ofmsg::Bytes change(ofmsg::FrameView frame);
  [[nodiscard]] ofmsg::ByteView change_all(ofmsg::ByteView frames);
  [[nodiscard]] std::string host(const std::string& name);
  [[nodiscard]] std::string endpoint(const std::string& text);
  void change(ofmsg::Tree& tree, std::string_view name);
  [[nodiscard]] std::string change_text(const std::string& text) const;
  void change_packet(ofmsg::Bytes& packet) const;

  Key ipv4_{}, ipv6_{}, mac_{};
  Key secret_{};
  std::map<std::string, std::string> hosts_;
  std::shared_ptr<const policy::Snapshot> policy_;
  std::deque<ofmsg::Bytes> kept_;  // what the views of the last result are of
};

}  // namespace sluice::ctl
