#include "slicing/replay/difference_text.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "slicing/replay/case_file.hpp"
#include "slicing/replay/message_text.hpp"

namespace sluice::slicing::replay {

namespace {

// Of a note's details what is not said already: code=E0201 error=… why="…".
std::string_view reason(std::string_view detail) {
  return detail.substr(std::min(detail.find("code="), detail.size()));
}

}  // namespace

std::string text(const FarEnd& end, const policy::Snapshot& policy) {
  return end.switch_name.empty() ? end.address : text(party_of(end, policy));
}

std::string said_by(const FarEnd& from, ofmsg::FrameView frame, const policy::Snapshot& policy) {
  return fmt::format("{} > {}", text(from, policy), spell(frame, At::controller));
}

std::string heard_by(const FarEnd& to, ofmsg::FrameView frame, const policy::Snapshot& policy) {
  return fmt::format("{} < {}", text(to, policy), spell(frame, to.is_switch() ? At::switch_ : At::controller));
}

std::string text(const Difference& difference, const policy::Snapshot& policy, Time begin) {
  const double seconds = std::chrono::duration<double>{difference.at - begin}.count();
  std::string out = fmt::format("#{} {:.3f}s  {}\n", difference.turn, seconds,
                                difference.cause ? said_by(difference.from, difference.cause->view(), policy)
                                                 : std::string{"time, or a connection"});
  for (const OneSided& said : difference.first) out += "  - " + heard_by(said.to, said.frame.view(), policy) + '\n';
  for (const std::string& why : difference.first_why) out += fmt::format("    {}", reason(why)) + '\n';
  for (const OneSided& said : difference.second) out += "  + " + heard_by(said.to, said.frame.view(), policy) + '\n';
  for (const std::string& why : difference.second_why) out += fmt::format("    {}", reason(why)) + '\n';
  return out;
}

}  // namespace sluice::slicing::replay
