#include "tests/support/random_script.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <doctest/doctest.h>

#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"
#include "policy/compile.hpp"
#include "tests/support/random_packets.hpp"

namespace sluice::tests {

using namespace ofmsg;  // NOLINT(google-build-using-namespace): tests speak OpenFlow all the time

namespace {

// Ports on which a slice of the document may write.
std::vector<std::uint32_t> ports_of(const policy::DocumentSlice& slice) {
  std::vector<std::uint32_t> ports;
  for (const policy::DocumentRule& rule : slice.flowspace) {
    if (rule.access != policy::Access::write) continue;
    for (const auto& [name, set] : rule.on) {
      for (const policy::PortRef& ref : std::get<std::vector<policy::PortRef>>(set))
        ports.push_back(std::get<PortNo>(ref).value);
    }
  }
  return ports;
}

Message rich_request(Dice& dice, FlowMaker& maker, Version version) {
  switch (dice.below(10)) {
    case 0:
    case 1: return FlowStatsRequest{0, maker.filter()};
    case 2: return AggregateRequest{0, maker.filter()};
    case 3: return TableStatsRequest{};
    case 4: return PortStatsRequest{0, port::any};
    case 5: return PortStatsRequest{0, maker.port()};
    case 6: return GetConfigRequest{};
    case 7: return version == v1_0 || dice.chance(50) ? Message{FeaturesRequest{}} : Message{PortDescRequest{}};
    default: return BarrierRequest{};
  }
}

SetConfig set_config(Dice& dice) {
  static const std::vector<std::uint16_t> lengths{0, 14, 40, 128, 1500, 0xffff};
  return {static_cast<std::uint16_t>(dice.chance(95) ? 0 : 1), dice.pick(lengths)};
}

Message request(Dice& dice, FlowMaker& maker) {
  switch (dice.below(6)) {
    case 0:
    case 1:
    case 2: return FlowStatsRequest{0, maker.filter()};
    case 3: return AggregateRequest{0, maker.filter()};
    case 4: return TableStatsRequest{};
    default: return BarrierRequest{};
  }
}

// A frame with a sound header and anything behind it.
Bytes random_frame(Dice& dice, Version version) {
  Bytes out;
  const std::size_t body = dice.below(100);
  append<std::uint8_t>(out,
                       dice.chance(90) ? static_cast<std::uint8_t>(version) : static_cast<std::uint8_t>(dice.below(8)));
  append<std::uint8_t>(out, static_cast<std::uint8_t>(dice.below(32)));
  append<std::uint16_t>(out, static_cast<std::uint16_t>(dice.chance(98) ? 8 + body : dice.below(8)));
  append<std::uint32_t>(out, static_cast<std::uint32_t>(dice.roll()));
  for (std::size_t i = 0; i < body; ++i)
    append<std::uint8_t>(out, static_cast<std::uint8_t>(dice.chance(50) ? 0 : dice.roll()));
  return out;
}

// A sound message with some bytes changed, the header spared.
Bytes broken(Dice& dice, const Message& message, Version version) {
  Bytes out;
  if (!encode(out, message, version, Xid{static_cast<std::uint32_t>(dice.below(5))}))
    return random_frame(dice, version);
  for (std::size_t count = 1 + dice.below(4); count > 0 && out.size() > header_size; --count) {
    out[header_size + dice.below(out.size() - header_size)] = static_cast<std::byte>(dice.roll() & 0xffU);
  }
  return out;
}

// What happens to ports, and what only a rich taste has; false: something else is to happen.
bool rich_step(Dice& dice, const ScriptTaste& taste, std::vector<FlowMaker>& makers, const RandomSlices& file,
               Version version, Step& s) {
  const std::size_t what = dice.below(100);
  if (taste.ports && what < 3) {
    const std::size_t how = dice.below(10);
    s.what = how < 3 ? Step::What::cut : how < 6 ? Step::What::join : how < 8 ? Step::What::unplug : Step::What::plug;
    s.port = dice.pick(file.ports);
    return true;
  }
  if (!taste.rich || what < 3) return false;
  FlowMaker& maker = makers[s.slice];
  if (what < 7) {
    s.message = maker.port_mod();
  } else if (what < 9) {
    s.message = set_config(dice);
  } else if (what < 15) {
    s.message = rich_request(dice, maker, version);
  } else if (what < 19) {  // a buffer, most often one that there may be
    s.message = dice.chance(50) ? Message{maker.packet_out()} : Message{maker.flow_mod()};
    s.buffer = dice.below(dice.chance(80) ? 3 : 20);
    if (auto* out = std::get_if<PacketOut>(&s.message)) out->data.clear();
  } else if (what < 29 && !maker.packets().empty()) {
    const PortPacket& packet = dice.pick(maker.packets());
    s.what = Step::What::packet;
    s.port = packet.port;
    s.bytes = packet.bytes;
  } else {
    return false;
  }
  return true;
}

Step step(Dice& dice, const ScriptTaste& taste, std::vector<FlowMaker>& makers, const RandomSlices& file,
          Version version) {
  Step s;
  s.slice = dice.below(makers.size());
  if ((taste.rich || taste.ports) && rich_step(dice, taste, makers, file, version, s)) return s;
  const std::size_t what = dice.below(100);
  if (taste.garbage && s.slice != 0 && dice.chance(25)) {
    const std::size_t how = dice.below(20);
    s.what = how == 0 ? Step::What::hang_up : Step::What::bytes;
    if (how > 0) s.bytes = how < 8 ? random_frame(dice, version) : broken(dice, makers[s.slice].flow_mod(), version);
    if (how > 14) s.bytes = broken(dice, makers[s.slice].packet_out(), version);
  } else if (what < 45) {
    s.message = makers[s.slice].flow_mod();
    const Match& match = std::get<FlowMod>(s.message).match;
    const auto has = [&match](Field field) { return match.find(field) != nullptr; };
    s.no_wildcards = taste.rich && version == v1_0 && has(Field::in_port) && has(Field::eth_src) &&
                     has(Field::eth_dst) && has(Field::vlan_vid) && has(Field::eth_type) && dice.chance(50);
  } else if (what < 53) {
    s.message = makers[s.slice].packet_out();
  } else if (what < 60) {
    s.message = taste.statistics ? request(dice, makers[s.slice]) : Message{BarrierRequest{}};
  } else if (what < 64) {
    s.what = Step::What::wait;
    s.by = std::chrono::milliseconds{100 * (1 + dice.below(20))};
  } else {
    s.what = Step::What::packet;
    s.port = dice.pick(file.ports);
    s.bytes = random_packet(dice);
  }
  return s;
}

std::string text(const Step& s, const Script& script) {
  switch (s.what) {
    case Step::What::message:
      return script.file.names[s.slice] + " sends " + ofmsg::text(s.message, script.version, Xid{}) +
             (s.no_wildcards ? " (no wildcards)" : "") +
             (s.buffer ? " (buffer " + std::to_string(*s.buffer) + " before the last one)" : "");
    case Step::What::bytes: return script.file.names[s.slice] + " sends bytes " + hexadecimal(s.bytes);
    case Step::What::wait: return "wait " + std::to_string(s.by.count()) + " ms";
    case Step::What::hang_up: return script.file.names[s.slice] + " hangs up";
    case Step::What::cut: return "the wire of port " + std::to_string(s.port) + " is cut";
    case Step::What::join: return "the wire of port " + std::to_string(s.port) + " is joined";
    case Step::What::unplug: return "port " + std::to_string(s.port) + " goes";
    case Step::What::plug: return "port " + std::to_string(s.port) + " comes";
    case Step::What::packet: break;
  }
  const auto key = packet_key(s.bytes, PortNo{s.port});
  return "packet on port " + std::to_string(s.port) + ": " + hexadecimal(s.bytes) +
         (key ? " (" + ofmsg::text(*key) + ")" : "");
}

// The action lists of a message.
std::vector<Actions*> lists(Message& message) {
  std::vector<Actions*> found;
  if (auto* mod = std::get_if<FlowMod>(&message)) {
    for (Instruction& i : mod->instructions) {
      if (auto* apply = std::get_if<ApplyActions>(&i)) found.push_back(&apply->actions);
      if (auto* write = std::get_if<WriteActions>(&i)) found.push_back(&write->actions);
    }
  }
  if (auto* out = std::get_if<PacketOut>(&message)) found.push_back(&out->actions);
  return found;
}

// Simpler forms of a message, each with one thing less.
std::vector<Message> simpler(const Message& message) {
  std::vector<Message> forms;
  if (const auto* mod = std::get_if<FlowMod>(&message)) {
    for (const Term& term : mod->match.terms()) {
      FlowMod form = *mod;
      form.match = without_open_fields(std::move(form.match.erase(term.field)));
      forms.emplace_back(std::move(form));
    }
    const auto with = [&](auto change) {
      FlowMod form = *mod;
      change(form);
      if (form != *mod) forms.emplace_back(std::move(form));
    };
    with([](FlowMod& f) { f.flags = 0; });
    with([](FlowMod& f) { f.cookie = 0; });
    with([](FlowMod& f) { f.cookie_mask = 0; });
    with([](FlowMod& f) { f.hard_timeout = 0; });
    with([](FlowMod& f) { f.idle_timeout = 0; });
    with([](FlowMod& f) { f.out_port = port::any; });
    for (std::size_t i = 0; i < mod->instructions.size(); ++i) {
      with([i](FlowMod& f) { f.instructions.erase(f.instructions.begin() + static_cast<std::ptrdiff_t>(i)); });
    }
  }
  Message copy = message;
  const std::size_t count = lists(copy).size();
  for (std::size_t l = 0; l < count; ++l) {
    for (std::size_t i = 0; i < lists(copy)[l]->size(); ++i) {
      Message form = message;
      Actions& list = *lists(form)[l];
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
      forms.push_back(std::move(form));
    }
  }
  return forms;
}

}  // namespace

Bytes encoded(const Step& step, Version version, Xid xid, const std::vector<BufferId>& given) {
  Message message = step.message;
  if (step.buffer) {
    constexpr BufferId unknown{0x12345};
    const BufferId id = *step.buffer < given.size() ? given[given.size() - 1 - *step.buffer] : unknown;
    if (auto* out = std::get_if<PacketOut>(&message)) out->buffer_id = id;
    if (auto* mod = std::get_if<FlowMod>(&message)) mod->buffer_id = id;
  }
  Bytes bytes;
  if (const auto done = encode(bytes, message, version, xid); !done) {
    std::fprintf(stderr, "the test cannot say its own message: %s\n", ofmsg::text(done.error()).c_str());
    std::abort();
  }
  if (step.no_wildcards) {
    constexpr std::uint32_t all = (1U << 22U) - 1;
    store<std::uint32_t>(bytes, header_size, load<std::uint32_t>(bytes, header_size) & ~all);
  }
  return bytes;
}

std::vector<Step> random_steps(Dice& dice, const RandomSlices& file, Version version, const ScriptTaste& taste) {
  const policy::Document document = policy::parse(file.text, "random.json");
  std::vector<FlowMaker> makers;
  for (const policy::DocumentSlice& slice : document.slices) {
    makers.emplace_back(
        dice, FlowTaste{version, ports_of(slice), file.ports, taste.tidy, taste.idle, taste.rich, taste.slices.queues});
  }
  std::vector<Step> steps;
  for (std::size_t i = 0; i < taste.length; ++i) steps.push_back(step(dice, taste, makers, file, version));
  return steps;
}

Script random_script(Dice& dice, Version version, const ScriptTaste& taste, std::size_t& refused) {
  Script script;
  script.version = version;
  script.file = random_slices(dice, taste.slices);
  while (!policy::compile(policy::parse(script.file.text, "random.json")).snapshot) {
    ++refused;
    script.file = random_slices(dice, taste.slices);
  }
  script.steps = random_steps(dice, script.file, version, taste);
  if (taste.rich && dice.chance(70)) script.buffers = 256;
  return script;
}

Script shrunk(Script script, const Judge& judge) {
  const auto fails = [&judge](const Script& s) { return judge(s).has_value(); };
  for (std::size_t chunk = std::max<std::size_t>(1, script.steps.size() / 2); chunk > 0; chunk /= 2) {
    for (std::size_t at = 0; at < script.steps.size();) {
      Script shorter = script;
      const auto from = shorter.steps.begin() + static_cast<std::ptrdiff_t>(at);
      shorter.steps.erase(from, from + static_cast<std::ptrdiff_t>(std::min(chunk, shorter.steps.size() - at)));
      if (fails(shorter)) {
        script = std::move(shorter);
      } else {
        at += chunk;
      }
    }
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t at = 0; at < script.steps.size(); ++at) {
      if (script.steps[at].what != Step::What::message) continue;
      if (script.steps[at].buffer || script.steps[at].no_wildcards) {
        Script other = script;
        other.steps[at].buffer.reset();
        other.steps[at].no_wildcards = false;
        if (fails(other)) {
          script = std::move(other);
          changed = true;
        }
      }
      for (Message& form : simpler(script.steps[at].message)) {
        Script other = script;
        other.steps[at].message = std::move(form);
        if (!fails(other)) continue;
        script = std::move(other);
        changed = true;
        break;
      }
    }
  }
  return script;
}

std::string text(const Script& script) {
  std::string out = script.file.text;
  for (const Step& s : script.steps) out += text(s, script) + "\n";
  return out;
}

std::string first_fault(Version version, const ScriptTaste& taste, std::uint64_t runs, const Judge& judge) {
  std::size_t refused = 0;
  const std::uint64_t first = property_seed();
  const std::string law = doctest::getContextOptions()->currentTest->m_name;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    Dice dice{seed};
    Script script = random_script(dice, version, taste, refused);
    if (!judge(script)) continue;
    script = shrunk(std::move(script), judge);
    return "seed " + std::to_string(seed) + ", OpenFlow " + std::string{ofmsg::text(version)} + ": " +
           judge(script).value() + "\n" + text(script);
  }
  count_sequences("OpenFlow " + std::string{ofmsg::text(version)} + ", " + law, runs);
  if (refused > runs) return "most random slice files do not compile; the generator is wrong";
  return {};
}

}  // namespace sluice::tests
