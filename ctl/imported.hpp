// What importers make of the configuration of another slicer, and the slice file that it becomes.
//
// The model has the words of the slice file, but values as texts: whether they are right is what the check of the
// finished file tells. Whatever cannot be carried over is remembered as a note; nothing goes without one.
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::ctl {

// What was lost or is not sure, each thing once, with the places that it was found at.
class ImportNotes {
 public:
  void dropped(const std::string& what, const std::string& place = {}) { add("dropped: " + what, place); }

  void unsure(const std::string& what, const std::string& place = {}) { add(what, place); }

  // One line for each: "dropped: slice x (line 3, line 7 and 20 more)".
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  struct Note {
    std::string text;
    std::vector<std::string> places;  // the first few
    std::size_t count = 0;
  };

  void add(const std::string& text, const std::string& place);

  std::vector<Note> notes_;
  std::map<std::string, std::size_t> index_;
};

// VLANs by number; the last bit is "no tag".
inline constexpr std::size_t untagged_bit = 4096;
using Vlans = std::bitset<untagged_bit + 1>;

[[nodiscard]] Vlans every_tag();

// Packets, by the fields of OpenFlow 1.0: what is not given may be anything.
struct ImportedMatch {
  std::string protocol;        // ovs-ofctl's word for EtherType and protocol: "ip", "arp", "tcp"; may be empty
  std::optional<Vlans> vlans;  // nothing: any VLAN, and no tag
  std::vector<std::pair<std::string, std::string>> fields;  // ovs-ofctl's names and values: nw_src, 10.0.0.0/8
};

// Where a rule holds. Ports are as the slice file writes them: "3", "LOCAL", "*", a name of the switch's "ports".
struct ImportedPlaces {
  bool everywhere = false;  // "*": every physical port of every switch
  std::map<std::string, std::vector<std::string>> ports;
};

struct ImportedRule {
  std::string comment;  // its old name, or where it was
  ImportedPlaces on;
  std::vector<ImportedMatch> match;  // a union
  bool read_only = false;
  std::int64_t priority = 0;  // in the old file
  bool keep_priority = false;
  std::vector<std::int64_t> queues;
  std::optional<std::int64_t> forced_queue;
};

struct ImportedSlice {
  std::string name;
  std::string owner;
  std::vector<std::string> controllers;
  std::vector<ImportedRule> rules;
  bool down = false;
  bool all_lldp = false;
  bool drop_by_rule = false;  // when no controller is there
  bool managed_vlan = false;
  std::optional<std::int64_t> flows, flows_per_switch;
  std::optional<std::int64_t> flow_mods, packet_ins, packet_outs;  // per second
};

struct ImportedSwitch {
  std::uint64_t dpid = 0;
  std::map<std::string, std::string> ports;  // names of the file, and what the switch reports
};

struct Imported {
  std::string origin;  // "the configuration of FlowVisor in lab.json"
  std::vector<std::string> listen;
  std::map<std::string, ImportedSwitch> switches;
  std::vector<ImportedSlice> slices;
  ImportNotes notes;
};

// Makes names that a slice file may have out of names that anybody may have given, all of them different.
class ImportedNames {
 public:
  // `otherwise` is for a name of which nothing is left.
  [[nodiscard]] std::string make(std::string_view old, std::string_view otherwise);

 private:
  std::set<std::string> taken_;
};

// A rate or a number of flows: nothing where there is no limit, which old files say by a number below 0.
[[nodiscard]] std::optional<std::int64_t> imported_limit(std::int64_t number, const std::string& what,
                                                         ImportNotes& notes, const std::string& place);

// Marks the rules that need their priority: those that may write what a rule of another slice may write too.
void keep_priorities(Imported& imported);

// Slices without a rule cannot stand in a slice file; they become notes.
void drop_empty_slices(Imported& imported);

// Text of others for a comment or a terminal: it neither ends a line nor does anything else but stand there.
[[nodiscard]] std::string one_line(std::string text);

[[nodiscard]] std::string slice_file(const Imported& imported);

}  // namespace sluice::ctl
