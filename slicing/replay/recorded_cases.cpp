#include "slicing/replay/recorded_cases.hpp"

#include <algorithm>
#include <utility>

#include "ofmsg/codec.hpp"
#include "ofmsg/message.hpp"
#include "ofmsg/text_parts.hpp"
#include "slicing/cookie.hpp"
#include "slicing/replay/case_file.hpp"
#include "slicing/replay/comparison.hpp"
#include "slicing/replay/message_text.hpp"

namespace sluice::slicing::replay {

using ofmsg::Bytes;
using ofmsg::FrameView;
using ofmsg::Kind;

namespace {

// Shorter pauses are not written down.
constexpr Time shortest_wait = std::chrono::seconds{1};

// Without comments before and after it.
std::string in_braces(const PolicyText& text) {
  const auto main = text.files.find(text.name);
  if (main == text.files.end()) return "{}";
  const std::size_t begin = main->second.find('{');
  const std::size_t end = main->second.rfind('}');
  return begin == std::string::npos || end == std::string::npos ? "{}" : main->second.substr(begin, end - begin + 1);
}

// What a case's controllers do by themselves.
bool is_own_of_controller(FrameView frame) {
  const auto kind = kind_if_any(frame);
  return kind == Kind::hello || kind == Kind::echo_request || kind == Kind::echo_reply;
}

// What a case's switches do by themselves, once they are there.
bool is_own_of_switch(FrameView frame) {
  const auto kind = kind_if_any(frame);
  return is_own_of_controller(frame) || kind == Kind::features_reply || kind == Kind::barrier_reply ||
         kind == Kind::desc_reply || kind == Kind::port_desc_reply;
}

bool answers(FrameView frame) {
  const auto kind = kind_if_any(frame);
  return kind && (*kind == Kind::error || ofmsg::facts(*kind).is_multipart());
}

// A name that a case can write.
std::string port_name(const ofmsg::Port& port) {
  const std::string& name = port.name.value;
  const bool plain = !name.empty() && name.find_first_of(" \t\r\n#=\"") == std::string::npos;
  return plain ? name : "p" + std::to_string(port.number.value);
}

}  // namespace

// --- one case --------------------------------------------------------------------------------------------------------

class RecordedCases::Maker {
 public:
  Maker(std::string name, const std::shared_ptr<const policy::Snapshot>& policy, ofmsg::Version version,
        const std::vector<ofmsg::Port>& ports, const RecordedCaseSettings& settings)
      : name_{std::move(name)}, settings_{settings}, version_{version}, driver_{policy} {
    // As the case's own `switch` line makes them.
    for (const ofmsg::Port& port : ports) ports_.push_back(case_port(port.number.value, port_name(port)));
    const auto id = policy->find_switch(name_);
    driver_.connect_switch(name_, {policy->switch_(*id).dpid, ports_, version});
    listen();
    lines_.clear();  // connecting is no step
  }

  void controller_says(const Party& party, FrameView frame, const Turn& turn) {
    if (is_own_of_controller(frame) || is_full()) return;
    if (!settings_.slice.empty() && party.slice != settings_.slice) return;
    pass_time(turn.at);
    say(party, frame, spell(frame, At::controller));
    pair_with(turn);
  }

  void switch_says(FrameView frame, const Turn& turn) {
    if (is_own_of_switch(frame) || is_full()) return;
    Bytes bytes{frame.bytes().begin(), frame.bytes().end()};
    std::string names;
    if (answers(frame)) {
      const auto asked = lines_by_xid_.find(frame.xid().value);
      if (asked == lines_by_xid_.end()) return;  // to a question that this case does not ask
      Line& line = lines_[asked->second];
      if (line.xid.empty()) line.xid = "$x" + std::to_string(++named_);
      ofmsg::store<std::uint32_t>(bytes, 4, line.said_xid);
      names = " xid=" + line.xid;
    }
    pass_time(turn.at);
    std::string text;
    if (const auto offset = cookie_offset(frame); offset && kind_if_any(frame) != Kind::flow_mod) {
      const auto cookie = ofmsg::load<std::uint64_t>(frame.bytes(), *offset);
      const auto flow = lines_by_cookie_.find(cookie);
      if (flow != lines_by_cookie_.end()) {
        Line& line = lines_[flow->second];
        if (line.cookie.empty()) line.cookie = "$c" + std::to_string(++named_);
        ofmsg::store<std::uint64_t>(bytes, *offset, line.said_cookie);
        text = with_name(*FrameView::of(bytes), line.said_cookie, line.cookie);
      } else if (Cookie::parse(cookie)) {
        return;  // of a flow that is not in this case
      }
    }
    if (kind_if_any(frame) == Kind::flow_stats_reply) {
      auto translated = translate_flows(bytes);
      if (!translated) return;
      text = *std::move(translated);
    }
    // Cookies are the switch's to say, as they are a controller's.
    if (text.empty()) text = spell(*FrameView::of(bytes), At::controller);
    say(Party{name_, {}, 0}, *FrameView::of(bytes), text + names);
    pair_with(turn);
  }

  void controller_lost(const Party& party) { connection(party, false); }

  void controller_back(const Party& party) { connection(party, true); }

  void switch_lost() { connection(Party{name_, {}, 0}, false); }

  void switch_back() { connection(Party{name_, {}, 0}, true); }

  void change_policy(const std::shared_ptr<const policy::Snapshot>& policy, const PolicyText& text) {
    if (is_full()) return;
    add("config " + in_braces(text));
    driver_.change_policy(policy);
    driver_.advance(Time{});
    listen();
  }

  [[nodiscard]] std::uint64_t said() const { return said_; }

  // "switch s1 ports 1=h1 2"
  [[nodiscard]] std::string head() const {
    std::string text = "switch " + name_ + " ports";
    for (const ofmsg::Port& port : ports_) {
      const std::string number = port.number == ofmsg::port::local ? "LOCAL" : std::to_string(port.number.value);
      text += " " + number + "=" + port.name.value;
    }
    return text + "\n";
  }

  [[nodiscard]] std::string text() const {
    std::string text =
        "test \"" + name_ + ", as it was recorded\" {\n  openflow " + std::string{ofmsg::text(version_)} + "\n";
    for (const Line& line : lines_) text += "  " + written(line) + "\n";
    return text + "  nothing else\n}\n";
  }

 private:
  struct Line {
    std::string text;
    // Of an expectation at a switch, with what names it needs.
    std::optional<ofmsg::Frame> heard;
    std::uint32_t said_xid = 0;
    std::uint64_t said_cookie = 0;
    std::string xid, cookie;
  };

  [[nodiscard]] bool is_full() const { return settings_.limit && said_ >= *settings_.limit; }

  void add(std::string text) { lines_.push_back({std::move(text), std::nullopt, 0, 0, {}, {}}); }

  void pass_time(Time at) {
    const Time since = at - last_.value_or(at);
    if (!last_ || since >= shortest_wait) last_ = at;
    if (since < shortest_wait) return;
    const Time whole = std::min<Time>(std::chrono::duration_cast<std::chrono::seconds>(since), std::chrono::hours{24});
    add("wait " + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(whole).count()) + "s");
    driver_.advance(whole);
    listen();
  }

  void say(const Party& party, FrameView frame, const std::string& text) {
    fresh_.clear();
    if (!driver_.say(party, frame.bytes())) return;
    ++said_;
    add(replay::text(party) + " > " + text);
    if (text.starts_with("hex ")) lines_.back().text = "hex " + replay::text(party) + " > " + text.substr(4);
    listen();
  }

  // What everybody has heard.
  void listen() {
    for (const auto& [party, frame] : driver_.left()) {
      const auto taken = driver_.take(party);
      if (!taken) continue;
      const At at = party.slice.empty() ? At::switch_ : At::controller;
      const std::string text = spell(taken->view(), at);
      Line line{replay::text(party) + " < " + text, std::nullopt, 0, 0, {}, {}};
      if (text.starts_with("hex ")) line.text = "hex " + replay::text(party) + " < " + text.substr(4);
      if (at == At::switch_) {
        line.heard.emplace(taken->view());
        line.said_xid = taken->view().xid().value;
        const auto offset = cookie_offset(taken->view());
        if (offset) line.said_cookie = ofmsg::load<std::uint64_t>(taken->view().bytes(), *offset);
        fresh_.push_back(lines_.size());
      }
      lines_.push_back(std::move(line));
    }
  }

  // The numbers that the recorded core has chosen for what this one has just said.
  void pair_with(const Turn& turn) {
    for (const auto& [link, bytes] : turn.said) {
      ofmsg::for_each_frame(bytes, [&](FrameView recorded) {
        const Bytes normal = normal_form(recorded, true);
        const auto same = std::find_if(fresh_.begin(), fresh_.end(), [&](std::size_t line) {
          return normal_form(lines_[line].heard->view(), true) == normal;
        });
        if (same == fresh_.end()) return;
        lines_by_xid_[recorded.xid().value] = *same;
        const auto offset = cookie_offset(recorded);
        if (offset) lines_by_cookie_[ofmsg::load<std::uint64_t>(recorded.bytes(), *offset)] = *same;
        fresh_.erase(same);
      });
    }
  }

  void connection(const Party& party, bool there) {
    if (is_full() || driver_.is_up(party) == there) return;
    if (!(there ? driver_.connect(party) : driver_.disconnect(party))) return;
    add((there ? "connect " : "disconnect ") + replay::text(party));
    listen();
  }

  // Statistics of flows with the cookies of this case's core in the bytes, and names for them in the text that is given
  // back; without the flows of others. Nothing if it cannot be read.
  [[nodiscard]] std::optional<std::string> translate_flows(Bytes& bytes) {
    const FrameView frame = *FrameView::of(bytes);
    auto message = ofmsg::decode(frame);
    auto* reply = message ? std::get_if<ofmsg::FlowStatsReply>(&*message) : nullptr;
    if (reply == nullptr) return std::nullopt;
    std::erase_if(reply->flows, [this](const ofmsg::FlowStats& flow) {
      return Cookie::parse(flow.cookie) && !lines_by_cookie_.contains(flow.cookie);
    });
    std::map<std::string, std::string> names;
    for (std::size_t i = 0; i < reply->flows.size(); ++i) {
      const auto found = lines_by_cookie_.find(reply->flows[i].cookie);
      if (found == lines_by_cookie_.end()) continue;
      Line& line = lines_[found->second];
      if (line.cookie.empty()) line.cookie = "$c" + std::to_string(++named_);
      reply->flows[i].cookie = line.said_cookie;
      names["flows[" + std::to_string(i) + "].cookie"] = line.cookie;
    }
    Bytes translated;
    if (!ofmsg::encode(translated, *message, version_, frame.xid())) return std::nullopt;
    bytes = std::move(translated);
    std::string text = spell(*FrameView::of(bytes), At::controller);
    auto spelling = parse_spelling(text, version_);
    if (!spelling) return text;
    spelling->open = std::move(names);
    return spell_like(*spelling, *FrameView::of(bytes), At::controller);
  }

  // The message with a name where its cookie is.
  [[nodiscard]] static std::string with_name(FrameView frame, std::uint64_t cookie, const std::string& name) {
    std::string text = spell(frame, At::controller);
    for (const std::string& number : {std::to_string(cookie), ofmsg::hex(cookie)}) {
      const std::string written = "cookie=" + number;
      const std::size_t at = text.find(written);
      if (at != std::string::npos) return text.replace(at, written.size(), "cookie=" + name);
    }
    return text;
  }

  [[nodiscard]] std::string written(const Line& line) const {
    if (line.xid.empty() && line.cookie.empty()) return line.text;
    const std::size_t arrow = line.text.find(" < ");
    auto spelling = parse_spelling(line.text.substr(arrow + 3), version_);
    if (!spelling) return line.text;
    if (!line.xid.empty()) spelling->open["xid"] = line.xid;
    if (!line.cookie.empty()) spelling->open["cookie"] = line.cookie;
    return line.text.substr(0, arrow + 3) + spell_like(*spelling, line.heard->view(), At::switch_);
  }

  std::string name_;
  const RecordedCaseSettings& settings_;
  ofmsg::Version version_;
  std::vector<ofmsg::Port> ports_;
  Driver driver_;
  std::vector<Line> lines_;
  std::vector<std::size_t> fresh_;  // lines of what the switch has just heard
  std::map<std::uint32_t, std::size_t> lines_by_xid_;
  std::map<std::uint64_t, std::size_t> lines_by_cookie_;
  std::optional<Time> last_;
  std::uint64_t said_ = 0;
  unsigned named_ = 0;
};

// --- the recording ---------------------------------------------------------------------------------------------------

RecordedCases::RecordedCases(RecordedCaseSettings settings) : settings_{std::move(settings)} {}

RecordedCases::~RecordedCases() = default;

ofmsg::Result<void, std::string> RecordedCases::change_policy(const PolicyText& text) {
  auto policy = compile(text, policy_.get());
  if (!policy) return ofmsg::Failure<std::string>{"its slice file has errors:\n" + policy.error()};
  policy_ = *std::move(policy);
  names_ ? names_->change_policy(policy_) : static_cast<void>(names_.emplace(policy_));
  return {};
}

ofmsg::Result<void, std::string> RecordedCases::take(const RecordingReader::Block& block) {
  if (const auto* head = std::get_if<RecordingHead>(&block)) {
    policy_text_ = head->policy;
    if (auto done = change_policy(head->policy); !done) return done;
    if (!head->standing) return {};
    names_->begin(*head->standing);
    for (const StandingSwitch& s : head->standing->switches) begin(s);
    for (const StandingFlow& flow : head->standing->flows) {
      // As its slice's first controller asked for it.
      Maker* made = maker(flow.switch_name);
      Bytes bytes;
      const auto s =
          std::find_if(head->standing->switches.begin(), head->standing->switches.end(),
                       [&flow](const StandingSwitch& standing) { return standing.name == flow.switch_name; });
      if (made == nullptr || s == head->standing->switches.end() ||
          !ofmsg::encode(bytes, ofmsg::Message{flow.asked}, s->version, ofmsg::Xid{0})) {
        continue;
      }
      Turn turn;
      turn.at = head->at;
      made->controller_says({flow.switch_name, flow.slice, 0}, *FrameView::of(bytes), turn);
    }
    return {};
  }
  const Turn& turn = std::get<Turn>(block);
  if (turn.policy) {
    if (auto done = change_policy(*turn.policy); !done) return done;
    for (const auto& [name, made] : makers_) made->change_policy(policy_, *turn.policy);
  }
  names_->follow(turn);
  follow(turn);
  return {};
}

RecordedCases::Maker* RecordedCases::maker(const std::string& switch_name) {
  const auto found = makers_.find(switch_name);
  return found == makers_.end() ? nullptr : found->second.get();
}

void RecordedCases::begin(const StandingSwitch& s) {
  if (!policy_->find_switch(s.name)) return;
  makers_[s.name] = std::make_unique<Maker>(s.name, policy_, s.version, s.ports, settings_);
}

void RecordedCases::follow(const Turn& turn) {
  if (const auto* in = std::get_if<Arrived>(&turn.input)) {
    const FarEnd* end = names_->find(in->link);
    if (end == nullptr || end->switch_name.empty()) return;
    if (end->is_switch()) greet(in->link, in->frame);
    Maker* made = maker(end->switch_name);
    if (made == nullptr) return;
    const Party party = party_of(*end, *policy_);
    if (end->is_switch()) return made->switch_says(in->frame, turn);
    if (kind_if_any(in->frame) == Kind::hello) made->controller_back(party);
    return made->controller_says(party, in->frame, turn);
  }
  if (const auto* lost = std::get_if<Lost>(&turn.input)) {
    const FarEnd* end = names_->find(lost->link);
    Maker* made = end == nullptr ? nullptr : maker(end->switch_name);
    if (made == nullptr) return;
    end->is_switch() ? made->switch_lost() : made->controller_lost(party_of(*end, *policy_));
  }
}

// A switch that is here for the first time, or again.
void RecordedCases::greet(LinkId link, FrameView frame) {
  const FarEnd& end = *names_->find(link);
  const auto message = ofmsg::decode(frame);
  const auto version = ofmsg::version_of(frame.wire_version());
  if (!message || !version) return;
  StandingSwitch s;
  s.link = link;
  s.name = end.switch_name;
  s.version = *version;
  if (const auto* features = std::get_if<ofmsg::FeaturesReply>(&*message)) {
    if (Maker* made = maker(end.switch_name)) return made->switch_back();
    s.ports = features->ports;
    if (ofmsg::since(ofmsg::v1_3).has(*version)) {
      greeting_[link] = *features;  // its ports come next
    } else {
      begin(s);
    }
  } else if (const auto* ports = std::get_if<ofmsg::PortDescReply>(&*message)) {
    const auto waiting = greeting_.find(link);
    if (waiting == greeting_.end()) return;
    waiting->second.ports.insert(waiting->second.ports.end(), ports->ports.begin(), ports->ports.end());
    if ((ports->flags & ofmsg::multipart_more) != 0) return;
    s.ports = waiting->second.ports;
    greeting_.erase(waiting);
    begin(s);
  }
}

ofmsg::Result<std::string, std::string> RecordedCases::text(const std::string& config) const {
  std::string text = "config " + config;
  if (config.empty()) {
    if (policy_text_.files.size() != 1) {
      return ofmsg::Failure<std::string>{"its slice file includes others; name one with -c FILE"};
    }
    text = "config " + in_braces(policy_text_);
  }
  text += '\n';
  std::string cases;
  for (const auto& [name, made] : makers_) {
    if (made->said() == 0) continue;
    text += made->head();
    cases += '\n' + made->text();
  }
  if (cases.empty()) return ofmsg::Failure<std::string>{"nobody says anything in it that a case could say"};
  return text + cases;
}

}  // namespace sluice::slicing::replay
