// The extensions that this library knows, as a table.
#include "ofmsg/extension_row.hpp"

namespace sluice::ofmsg {

const Extensions& standard_extensions() {
  static const Extensions table{{}};
  return table;
}

}  // namespace sluice::ofmsg
