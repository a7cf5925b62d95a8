// The dispatcher behind every admin front-end: a verb and its arguments in, an answer out.
//
// Names, usage and numbers of arguments come from admin/verbs; what an answer looks like is
// admin/answer's business.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.hpp"
#include "admin/shadow.hpp"
#include "proxy/uv.hpp"
#include "slicing/domain.hpp"

namespace sluice::proxy {

class Admin {
 public:
  using Respond = std::function<void(admin::Answer)>;

  // What the daemon does when it is asked to.
  struct Deeds {
    std::function<void()> exit;  // as SIGTERM does
    // Answers when the file is read, and taken unless it is a dry run.
    std::function<void(bool dry_run, admin::Form form, Respond respond)> reload;
    // Lets a slice file judge the traffic without effect, "off" ends that.
    std::function<void(const std::string& file, Respond respond)> shadow;
    std::function<std::optional<admin::ShadowState>()> shadow_state;
  };

  Admin(const Loop& loop, const slicing::Domain& domain, std::string slice_file, Deeds deeds);

  // Answers once, at once or later.
  void run(const admin::Request& request, const Respond& respond);

  void set_listening(std::vector<std::string> addresses) { facts_.listening = std::move(addresses); }

  void set_reload(admin::Reload reload) { facts_.reload = std::move(reload); }

 private:
  struct Question;

  [[nodiscard]] admin::Daemon daemon() const;
  [[nodiscard]] ofmsg::Result<Question, std::string> understand(const admin::Request& request) const;
  [[nodiscard]] admin::Answer answer(const Question& question);
  [[nodiscard]] admin::Answer explain(const Question& question, const slicing::DomainState& state);
  [[nodiscard]] admin::Answer trace(const Question& question, const slicing::DomainState& state);
  [[nodiscard]] admin::Answer flows(const Question& question, const slicing::DomainState& state);

  const Loop& loop_;
  const slicing::Domain& domain_;
  admin::Daemon facts_;
  Deeds deeds_;
};

}  // namespace sluice::proxy
