// The extensions that this library knows, as a table.
#include "ofmsg/extension_row.hpp"
#include "ofmsg/extensions/nicira_action_list.hpp"
#include "ofmsg/extensions/nicira_table.hpp"
#include "ofmsg/extensions/onf.hpp"

namespace sluice::ofmsg {

namespace {

template <class... T>
void add(std::vector<ExtensionRow>& rows, std::tuple<T...>*) {
  (rows.push_back(extension_row<T>()), ...);
}

Extensions make_table() {
  std::vector<ExtensionRow> rows;
  add(rows, static_cast<NiciraActions*>(nullptr));
  add(rows, static_cast<NiciraMessages*>(nullptr));
  add(rows, static_cast<OnfMessages*>(nullptr));
  return Extensions{std::move(rows)};
}

}  // namespace

const Extensions& standard_extensions() {
  static const Extensions table = make_table();
  return table;
}

}  // namespace sluice::ofmsg
