// What the tests of `sluicectl import` share: small configurations of each slicer, and the check of what becomes of
// them.
#pragma once

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/ctl/sluicectl.hpp"

namespace sluice::tests {

using ctl::ExitCode;

inline std::string sample(const std::string& name) { return SLUICE_SOURCE_DIR "/tests/ctl/import/" + name; }

inline Ran import_text(const std::string& format, const std::string& text, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"import", format, "-"};
  words.insert(words.end(), more.begin(), more.end());
  return sluicectl(words, text);
}

inline bool is_clean(const std::string& slice_file) {
  const Scratch file{slice_file};
  const Ran checked = sluicectl({"check", file.path()});
  INFO(slice_file);
  CHECK(contains(checked.out, "0 errors, "));  // warnings are the old configuration's own
  return checked.code == ExitCode::good;
}

// A script with one slice and a rule for it.
inline Ran rule(const std::string& match, const std::string& dpid = "1") {
  return import_text("fvctl",
                     "fvctl add-slice a tcp:192.0.2.1 a@example.org\n"
                     "fvctl add-flowspace r " +
                         dpid + " 100 " + match + " a=4\n");
}

// FlowVisor's JSON with the slices a and b, and these rules.
inline std::string flowvisor(const std::string& rules, const std::string& more_of_a = "") {
  return R"({"Slice": [{"name": "a", "controller_hostname": "192.0.2.1", "controller_port": 6633)" + more_of_a + R"(},
                       {"name": "b", "controller_hostname": "192.0.2.2", "controller_port": 6633}],
             "FlowSpaceRule": [)" +
         rules + "]}";
}

inline std::string fsfw(const std::string& switch_attributes, const std::string& ports) {
  return "<flowspace_firewall>\n<switch name=\"s\" dpid=\"1f\"/>\n<slice name=\"a\">\n<switch name=\"s\" " +
         switch_attributes + ">\n" + ports +
         "\n</switch>\n<controller ip_address=\"192.0.2.1\" port=\"6633\" ssl=\"false\"/></slice></flowspace_firewall>";
}

}  // namespace sluice::tests
