// A recording that may be given away: the same story, without whose it is.
//
// Addresses of hosts are changed by secrets in every bit that no rule of the slice file looks at, prefix by prefix, so
// that whatever the policy and the flows tell apart stays apart; what packets carry behind their headers is blanked, as
// is what only vendors know to read. Descriptions, owners, comments, names of files, why connections ended, and where
// peers connect from and to are replaced. What stays: names of slices, rules, switches and ports, datapath ids, VLANs,
// transport ports, the flowspace's own addresses, times and sizes.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "ctl/anonymous_packet.hpp"
#include "ofmsg/result.hpp"
#include "ofmsg/tree.hpp"
#include "policy/snapshot.hpp"
#include "slicing/replay/recording.hpp"

namespace sluice::ctl {

class Anonymous {
 public:
  // A block in its turn. The result is valid until the next call. The error is a sentence.
  [[nodiscard]] ofmsg::Result<slicing::replay::RecordingReader::Block, std::string> change(
      const slicing::replay::RecordingReader::Block& block);

 private:
  [[nodiscard]] ofmsg::Result<slicing::replay::PolicyText, std::string> change(const slicing::replay::PolicyText& text);
  [[nodiscard]] ofmsg::Bytes change(ofmsg::FrameView frame);
  [[nodiscard]] ofmsg::ByteView change_all(ofmsg::ByteView frames);
  // What a peer is called instead.
  [[nodiscard]] std::string alias(const std::string& host);
  [[nodiscard]] std::string endpoint(const std::string& text);
  // A packet, with the mark of a probe made anew.
  void change(ofmsg::Bytes& packet) const;
  void change(ofmsg::Tree& tree) const;
  void change(ofmsg::Tree::Object& object) const;

  AnonymousHosts hosts_;
  slicing::SipKey old_secret_{}, new_secret_{};  // of the marks of probes
  std::map<std::string, std::string> aliases_;
  std::shared_ptr<const policy::Snapshot> policy_;
  std::deque<ofmsg::Bytes> kept_;  // what the views of the last result are of
};

}  // namespace sluice::ctl
