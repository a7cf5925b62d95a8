// The dispatcher behind every admin front-end: a verb and its arguments in, an answer out.
//
// Names, usage and numbers of arguments come from admin/verbs; what an answer looks like is
// admin/answer's business.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.hpp"
#include "proxy/uv.hpp"
#include "slicing/domain.hpp"

namespace sluice::proxy {

class Admin {
 public:
  // `exit` ends the daemon as SIGTERM does.
  Admin(const Loop& loop, const slicing::Domain& domain, std::string slice_file, std::vector<std::string> listening,
        std::function<void()> exit);

  [[nodiscard]] admin::Answer run(const admin::Request& request);

 private:
  struct Question;

  [[nodiscard]] admin::Daemon daemon() const;
  [[nodiscard]] admin::Answer answer(const Question& question);
  [[nodiscard]] admin::Answer flows(const Question& question, const slicing::DomainState& state);

  const Loop& loop_;
  const slicing::Domain& domain_;
  admin::Daemon facts_;
  std::function<void()> exit_;
};

}  // namespace sluice::proxy
