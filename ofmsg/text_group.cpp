// Groups and meters as ovs-ofctl prints them; text_object_reader.cpp reads them.
#include "ofmsg/text_printer.hpp"

namespace sluice::ofmsg {

namespace {

using BitName = std::pair<std::uint32_t, std::string_view>;

template <class E>
std::string name_or_number(E value) {
  const auto number = static_cast<std::size_t>(value);
  if (number < enum_names<E>.size() && !enum_names<E>[number].empty()) return std::string{enum_names<E>[number]};
  return std::to_string(number);
}

std::string special_bucket(std::uint32_t id) {
  if (id == Bucket::first) return "first";
  if (id == Bucket::last) return "last";
  if (id == Bucket::all) return "all";
  return std::to_string(id);
}

std::string meter_id_text(MeterId id) {
  if (id.value == MeterId::controller) return "controller";
  if (id.value == MeterId::slowpath) return "slowpath";
  if (id.value == MeterId::all) return "all";
  return std::to_string(id.value);
}

std::string meter_flags_text(std::uint16_t flags) {
  constexpr std::array<BitName, 4> names{
      {{MeterMod::kbps, "kbps"}, {MeterMod::pktps, "pktps"}, {MeterMod::burst, "burst"}, {MeterMod::stats, "stats"}}};
  return flags == 0 ? "" : bit_names(flags, names);
}

struct BandPrinter {
  bool burst;

  std::string operator()(const BandDrop& b) const { return "type=drop rate=" + rate(b); }

  std::string operator()(const BandDscpRemark& b) const {
    return "type=dscp_remark rate=" + rate(b) + " prec_level=" + std::to_string(b.prec_level);
  }

  std::string operator()(const BandExperimenter& b) const {
    return "type=experimenter rate=" + rate(b) + " experimenter=" + hex(b.experimenter) + " data=0x" +
           hex_digits(b.data);
  }

  std::string operator()(const UnknownProperty& b) const {
    return "type=" + std::to_string(b.type) + " body=0x" + hex_digits(b.body);
  }

 private:
  template <class B>
  [[nodiscard]] std::string rate(const B& b) const {
    std::string out = std::to_string(b.rate);
    if (burst) out += " burst_size=" + std::to_string(b.burst_size);
    return out;
  }
};

std::string bands_text(const Bands& bands, std::uint16_t flags) {
  std::string out = " bands=";
  for (const auto& band : bands.items) {
    out += '\n' + std::visit(BandPrinter{(flags & MeterMod::burst) != 0}, band);
  }
  return out;
}

}  // namespace

std::string MessagePrinter::buckets(const std::vector<Bucket>& buckets, GroupType type) const {
  std::string out;
  for (const Bucket& b : buckets) {
    out += ",bucket=";
    const auto* weight = b.properties.find<BucketWeight>();
    const auto* watch_port = b.properties.find<BucketWatchPort>();
    const auto* watch_group = b.properties.find<BucketWatchGroup>();
    if (version_ >= v1_5) out += "bucket_id:" + std::to_string(b.bucket_id) + ',';
    const std::uint16_t share = weight != nullptr ? weight->weight : b.weight;
    if (share != 0 || weight != nullptr || (type == GroupType::select && version_ < v1_5)) {
      out += "weight:" + std::to_string(share) + ',';
    }
    const PortNo watched = watch_port != nullptr ? watch_port->port : b.watch_port;
    if (watched != port::any) out += "watch_port:" + text(watched) + ',';
    const GroupId watched_group = watch_group != nullptr ? watch_group->group : b.watch_group;
    if (watched_group.value != GroupId::any) out += "watch_group:" + std::to_string(watched_group.value) + ',';
    out += "actions=" + text(b.actions, version_);
  }
  return out;
}

std::string MessagePrinter::operator()(const GroupMod& m) const {
  constexpr std::array<std::string_view, 6> commands{"ADD", "MOD", "DEL", "INSERT_BUCKET", "", "REMOVE_BUCKET"};
  const auto command = static_cast<std::size_t>(m.command);
  const bool known = command < commands.size() && !commands[command].empty();
  std::string out = "\n " + (known ? std::string{commands[command]} : "cmd:" + std::to_string(command)) + ' ';
  if (m.group_id.value == GroupId::all) {
    out += "group_id=all";
  } else {
    out += "group_id=" + std::to_string(m.group_id.value);
  }
  const bool bucket_commands =
      m.command == GroupModCommand::insert_bucket || m.command == GroupModCommand::remove_bucket;
  if (bucket_commands) {
    out += ",command_bucket_id:" + special_bucket(m.command_bucket_id);
  } else if (m.command != GroupModCommand::delete_ || m.type != GroupType::all) {
    out += ",type=" + name_or_number(m.type);
  }
  return out + buckets(m.buckets, m.type);
}

std::string MessagePrinter::operator()(const GroupDescReply& m) const {
  std::string out = more(m.flags);
  for (const GroupDesc& g : m.groups) {
    out += "\n group_id=" + std::to_string(g.group_id.value) + ",type=" + name_or_number(g.type) +
           buckets(g.buckets, g.type);
  }
  return out;
}

std::string MessagePrinter::operator()(const MeterMod& m) const {
  constexpr std::array<std::string_view, 3> commands{"ADD", "MOD", "DEL"};
  const auto command = static_cast<std::size_t>(m.command);
  std::string out =
      ' ' + (command < commands.size() ? std::string{commands[command]} : "cmd:" + std::to_string(command));
  out += " meter=" + meter_id_text(m.meter_id);
  const std::string flags = meter_flags_text(m.flags);
  if (!flags.empty()) out += ' ' + flags;
  return out + bands_text(m.bands, m.flags);
}

std::string MessagePrinter::operator()(const MeterConfigReply& m) const {
  std::string out = more(m.flags);
  for (const MeterConfig& c : m.meters) {
    const std::string flags = meter_flags_text(c.flags);
    out += "\nmeter=" + meter_id_text(c.meter_id) + (flags.empty() ? "" : ' ' + flags) + bands_text(c.bands, c.flags);
  }
  return out;
}

}  // namespace sluice::ofmsg
