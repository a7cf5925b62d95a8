// Statistics in the slice's own terms: the flows that its controller asked for, with the sums of what stands for them;
// only its ports, and its queues at these; one table. What queues are is asked for and told in the same way.
#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "ofmsg/codec.hpp"
#include "slicing/cookie.hpp"
#include "slicing/session.hpp"

namespace sluice::slicing {

namespace {

using ofmsg::Kind;
using ofmsg::Message;
using ofmsg::Reason;

// A flow of the slice and what the switch counted for it.
struct Counted {
  const Flow* flow;
  Counters counters;
};

// Adds up what was reported of the slice's flows. Nothing else of a report is kept: a controller may ask for much,
// and often.
void gather(const Session& s, StatsQuery& query, const std::vector<ofmsg::FlowStats>& physical) {
  for (const ofmsg::FlowStats& stats : physical) {
    const std::optional<Cookie> cookie = Cookie::parse(stats.cookie);
    if (!cookie || cookie->epoch != s.epoch || cookie->slice != s.slice(*query.slice).number) continue;
    const FlowId id{cookie->entry};
    if (s.ledger.issued(id) && query.sums.size() < StatsQuery::entry_limit)
      query.sums[id].add(stats.packet_count, stats.byte_count);
  }
}

// The flows that the filter asks for. A flow whose pieces the switch does not report yet is left out, unless another
// flow of the slice stands in all of its places.
std::vector<Counted> count(const Session& s, const StatsQuery& query) {
  const std::map<FlowId, Counters>& sums = query.sums;
  std::vector<Counted> counted;
  for (const FlowId id : s.ledger.select(*query.slice, query.filter)) {
    const Flow* flow = s.ledger.find(id);
    const auto sum = sums.find(id);
    const auto stands = [&](const mapping::PhysicalFlow& p) { return s.ledger.stands(*flow, p); };
    if (sum == sums.end() && std::any_of(flow->pieces.begin(), flow->pieces.end(), stands)) continue;
    Counters counters = flow->carried;
    if (sum != sums.end()) counters.add(sum->second.packets, sum->second.bytes);
    counted.push_back({flow, counters});
  }
  return counted;
}

void answer_flows(Session& s, Turn& t, Leg& leg, const StatsQuery& query, const std::vector<Counted>& counted) {
  std::vector<ofmsg::FlowStats> flows;
  for (const auto& [flow, counters] : counted) {
    ofmsg::FlowStats stats;
    stats.match = flow->key.match;
    const Time age = t.now - flow->since;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age);
    stats.duration_sec = static_cast<std::uint32_t>(seconds.count());
    stats.duration_nsec = static_cast<std::uint32_t>((age - seconds).count());
    stats.priority = flow->key.priority;
    stats.idle_timeout = flow->idle_timeout;
    stats.hard_timeout = flow->hard_timeout;
    if (ofmsg::since(ofmsg::v1_3).has(s.version())) stats.flags = flow->flags;
    stats.cookie = flow->cookie;
    stats.packet_count = counters.packets;
    stats.byte_count = counters.bytes;
    stats.instructions = *flow->instructions;
    flows.push_back(std::move(stats));
  }
  const auto done = ofmsg::encode_in_parts<ofmsg::FlowStatsReply>(
      t.out.to(leg.link), flows, &ofmsg::FlowStatsReply::flows, s.version(), ofmsg::Xid{query.theirs.value});
  if (done) ++leg.messages_out;
}

Counters total(const std::vector<Counted>& counted) {
  Counters sum;
  for (const Counted& c : counted) sum.add(c.counters.packets, c.counters.bytes);
  return sum;
}

void answer_aggregate(Session& s, Turn& t, Leg& leg, const StatsQuery& query, const std::vector<Counted>& counted) {
  const Counters sum = total(counted);
  send_to_leg(s, t, leg,
              Message{ofmsg::AggregateReply{0, sum.packets, sum.bytes, static_cast<std::uint32_t>(counted.size()), {}}},
              query.theirs);
}

// The switch counts lookups for all slices together; what is told here is what the slice's own flows matched.
void answer_table(Session& s, Turn& t, Leg& leg, const StatsQuery& query, const std::vector<Counted>& counted) {
  ofmsg::TableStats table;
  table.active_count = static_cast<std::uint32_t>(s.ledger.size(leg.slice));
  table.matched_count = table.lookup_count = total(counted).packets;
  if (s.version() == ofmsg::v1_0) {
    constexpr std::uint32_t all_wildcards = (1U << 22U) - 1;
    table.name.value = "slice";
    table.wildcards.bits = all_wildcards;
    const policy::Limits& limits = s.slice(leg.slice).limits;
    table.max_entries = std::min(limits.flows, limits.flows_per_switch);
  }
  ofmsg::TableStatsReply reply;
  reply.tables.push_back(std::move(table));
  send_to_leg(s, t, leg, Message{std::move(reply)}, query.theirs);
}

// Counters of a port that others use too would show their traffic; the specification's "not counted" is told instead.
ofmsg::PortStats without_counters(const ofmsg::PortStats& stats) {
  constexpr std::uint64_t u = ofmsg::PortStats::unknown;
  return {stats.port_no, u, u, u, u, u, u, u, u, u, u, u, u, stats.duration_sec, stats.duration_nsec, {}};
}

void answer_ports(Session& s, Turn& t, Leg& leg, StatsQuery& query) {
  std::vector<ofmsg::PortStats> ports;
  for (const ofmsg::PortStats& stats : query.ports.entries()) {
    if (!s.view.has_port(leg.slice, stats.port_no)) continue;
    ports.push_back(s.view.shares(leg.slice, stats.port_no) ? without_counters(stats) : stats);
  }
  const auto done = ofmsg::encode_in_parts<ofmsg::PortStatsReply>(
      t.out.to(leg.link), ports, &ofmsg::PortStatsReply::ports, s.version(), ofmsg::Xid{query.theirs.value});
  if (done) ++leg.messages_out;
}

// A queue that another slice may use, too, would show that one's traffic.
ofmsg::QueueStats without_counters(const ofmsg::QueueStats& stats) {
  constexpr std::uint64_t u = ofmsg::PortStats::unknown;
  return {stats.port_no, stats.queue_id, u, u, u, stats.duration_sec, stats.duration_nsec, {}};
}

void answer_queues(Session& s, Turn& t, Leg& leg, StatsQuery& query) {
  std::vector<ofmsg::QueueStats> queues;
  for (const ofmsg::QueueStats& stats : query.queues.entries()) {
    if (!s.view.queues(leg.slice, stats.port_no).allows(stats.queue_id)) continue;
    const bool shared = s.view.shares_queue(leg.slice, stats.port_no, stats.queue_id);
    queues.push_back(shared ? without_counters(stats) : stats);
  }
  const auto done = ofmsg::encode_in_parts<ofmsg::QueueStatsReply>(
      t.out.to(leg.link), queues, &ofmsg::QueueStatsReply::queues, s.version(), ofmsg::Xid{query.theirs.value});
  if (done) ++leg.messages_out;
}

void answer_queue_config(Session& s, Turn& t, Leg& leg, StatsQuery& query) {
  ofmsg::QueueGetConfigReply& reply = query.queue_config;
  std::erase_if(reply.queues, [&](const ofmsg::PacketQueue& queue) {
    // Only an answer about all ports says the port of each.
    const ofmsg::PortNo port = reply.port == ofmsg::port::any ? queue.port : reply.port;
    return !s.view.queues(leg.slice, port).allows(queue.queue_id);
  });
  send_to_leg(s, t, leg, Message{std::move(reply)}, query.theirs);
}

void answer(Session& s, Turn& t, StatsQuery& query) {
  Leg* leg = s.find(*query.from);
  if (leg == nullptr) return;  // it has gone meanwhile
  if (query.kind == Kind::port_stats_request) return answer_ports(s, t, *leg, query);
  if (query.kind == Kind::queue_stats_request) return answer_queues(s, t, *leg, query);
  if (query.kind == Kind::queue_get_config_request) return answer_queue_config(s, t, *leg, query);
  const std::vector<Counted> counted = count(s, query);
  if (query.kind == Kind::flow_stats_request) return answer_flows(s, t, *leg, query, counted);
  if (query.kind == Kind::aggregate_request) return answer_aggregate(s, t, *leg, query, counted);
  answer_table(s, t, *leg, query, counted);
}

void complete(Session& s, Turn& t, std::uint32_t xid) {
  const auto at = s.queries.find(xid);
  StatsQuery query = std::move(at->second);
  s.queries.erase(at);
  switch (query.purpose) {
    case StatsQuery::Purpose::answer: return answer(s, t, query);
    case StatsQuery::Purpose::reconcile: reconcile(s, t, query.flows.entries()); return setup_answered(s, t, xid);
    case StatsQuery::Purpose::idle_poll: return idle_polled(s, t, query, true);
  }
}

}  // namespace

std::uint32_t ask_flows(Session& s, Turn& t, StatsQuery query) {
  ofmsg::FlowStatsRequest request;
  // Where the version has cookie masks, only flows of ours are asked for; in 1.0 all come, and are looked through here.
  if (s.version() != ofmsg::v1_0) {
    request.filter.cookie = query.slice ? Cookie::guard(s.slice(*query.slice).number) : Cookie::marker;
    request.filter.cookie_mask = query.slice ? Cookie::slice_mask : Cookie::marker;
  }
  const OurXid xid = s.ops.request();
  s.queries.insert_or_assign(xid.value, std::move(query));
  send_to_switch(s, t, Message{request}, xid);
  return xid.value;
}

namespace {

bool too_many_waiting(Session& s, Turn& t, std::size_t index, ofmsg::FrameView original) {
  const auto waiting = std::count_if(s.queries.begin(), s.queries.end(), [&](const auto& entry) {
    return entry.second.from && entry.second.from->leg == index;
  });
  if (waiting < static_cast<std::ptrdiff_t>(Session::open_requests_limit)) return false;
  refuse(s, t, s.legs[index], original,
         {Reason::too_many_requests, RefusalCode::too_many_requests,
          "the switch has yet to answer " + std::to_string(waiting) + " statistics requests"});
  return true;
}

StatsQuery query_of(const Session& s, const Turn& t, std::size_t index, ofmsg::FrameView original, Kind kind) {
  StatsQuery query;
  query.kind = kind;
  query.from = s.ref(index);
  query.slice = s.legs[index].slice;
  query.theirs = TheirXid{original.xid().value};
  query.original.emplace(original);
  query.asked = t.now;
  return query;
}

}  // namespace

void ask_stats(Session& s, Turn& t, std::size_t index, ofmsg::FrameView original, Kind kind,
               const ofmsg::FlowFilter& filter, ofmsg::PortNo port) {
  Leg& leg = s.legs[index];
  if (too_many_waiting(s, t, index, original)) return;
  // In 1.0 no error says so: such a table has no flows.
  if (filter.table_id != 0 && filter.table_id != ofmsg::all_tables && s.version() > ofmsg::v1_0) {
    return refuse(s, t, leg, original,
                  {Reason::bad_table_request, RefusalCode::no_such_table,
                   "table " + std::to_string(filter.table_id) + ": the slice has table 0 only"});
  }
  if (port != ofmsg::port::any && !s.view.has_port(leg.slice, port)) {
    return refuse(
        s, t, leg, original,
        {Reason::bad_port, RefusalCode::output_to_foreign_port, "port " + text(port) + " is not in the slice"});
  }
  if (!filter.match.unknown().empty() || first_open_field(filter.match)) {
    return refuse(s, t, leg, original,
                  {filter.match.unknown().empty() ? Reason::bad_match_prereq : Reason::bad_match_field,
                   RefusalCode::malformed, "the match of the request cannot be judged"});
  }
  StatsQuery query = query_of(s, t, index, original, kind);
  query.filter = filter;
  if (kind != Kind::port_stats_request) {
    static_cast<void>(ask_flows(s, t, std::move(query)));
    return;
  }
  const OurXid xid = s.ops.request();
  s.queries.insert_or_assign(xid.value, std::move(query));
  send_to_switch(s, t, Message{ofmsg::PortStatsRequest{0, port}}, xid);
}

void ask_queues(Session& s, Turn& t, std::size_t index, ofmsg::FrameView original, Kind kind, ofmsg::PortNo port,
                std::uint32_t queue) {
  Leg& leg = s.legs[index];
  if (too_many_waiting(s, t, index, original)) return;
  const bool stats = kind == Kind::queue_stats_request;
  // In 1.0 the word for all ports is ALL, and settings are those of one port [OF 1.0 §5.3.4, §5.3.5].
  const bool old = s.version() == ofmsg::v1_0;
  const bool everywhere =
      old ? stats && (port == ofmsg::port::all || port == ofmsg::port::any) : port == ofmsg::port::any;
  if (!everywhere && !s.view.has_port(leg.slice, port)) {
    return refuse(
        s, t, leg, original,
        {Reason::bad_queue_port, RefusalCode::output_to_foreign_port, "port " + text(port) + " is not in the slice"});
  }
  const policy::Queues& here = s.view.queues(leg.slice, port);
  const bool all = queue == ofmsg::all_queues;
  const bool granted = everywhere ? (all ? s.view.has_queues(leg.slice) : s.view.has_queue(leg.slice, queue))
                                  : (all ? !here.allowed.empty() : here.allows(queue));
  if (!granted && !all) {
    return refuse(s, t, leg, original,
                  {Reason::bad_queue_request, RefusalCode::queue_not_granted,
                   "the slice has no queue " + std::to_string(queue) +
                       (everywhere ? " at any port of this switch" : " at port " + text(port))});
  }
  StatsQuery query = query_of(s, t, index, original, kind);
  query.queue_config.port = port;
  if (!granted) return answer(s, t, query);  // with nothing; the switch need not be asked
  const OurXid xid = s.ops.request();
  s.queries.insert_or_assign(xid.value, std::move(query));
  if (!stats) return send_to_switch(s, t, Message{ofmsg::QueueGetConfigRequest{port}}, xid);
  if (everywhere) port = old ? ofmsg::port::all : ofmsg::port::any;
  send_to_switch(s, t, Message{ofmsg::QueueStatsRequest{0, port, queue}}, xid);
}

void stats_replied(Session& s, Turn& t, OurXid xid, Message reply) {
  const auto at = s.queries.find(xid.value);
  if (at == s.queries.end()) return;
  StatsQuery& query = at->second;
  bool last = false;
  if (auto* flows = std::get_if<ofmsg::FlowStatsReply>(&reply)) {
    last = (flows->flags & ofmsg::multipart_more) == 0;
    if (query.purpose == StatsQuery::Purpose::reconcile) {
      static_cast<void>(query.flows.add(flows->flags, std::move(flows->flows)));
    } else {
      gather(s, query, flows->flows);
    }
  } else if (auto* ports = std::get_if<ofmsg::PortStatsReply>(&reply)) {
    last = query.ports.add(ports->flags, std::move(ports->ports));
  } else if (auto* queues = std::get_if<ofmsg::QueueStatsReply>(&reply)) {
    last = query.queues.add(queues->flags, std::move(queues->queues));
  } else if (auto* config = std::get_if<ofmsg::QueueGetConfigReply>(&reply)) {
    query.queue_config = std::move(*config);
    last = true;
  }
  if (last) complete(s, t, xid.value);
}

bool stats_failed(Session& s, Turn& t, OurXid xid, ofmsg::WireError error) {
  const auto at = s.queries.find(xid.value);
  if (at == s.queries.end()) return false;
  const StatsQuery query = std::move(at->second);
  s.queries.erase(at);
  if (query.purpose == StatsQuery::Purpose::idle_poll) idle_polled(s, t, query, false);
  if (query.from && query.original) {
    if (Leg* leg = s.find(*query.from)) forward_error(s, t, *leg, *query.original, query.theirs, error);
  }
  return true;
}

void stats_timed_out(Session& s, Turn& t) {
  std::vector<std::uint32_t> late;
  for (const auto& [xid, query] : s.queries) {
    if (t.now >= query.asked + StatsQuery::patience) late.push_back(xid);
  }
  for (const std::uint32_t xid : late) {
    const StatsQuery query = std::move(s.queries.at(xid));
    s.queries.erase(xid);
    if (query.purpose == StatsQuery::Purpose::idle_poll) idle_polled(s, t, query, false);
    if (!query.from || !query.original) continue;
    if (Leg* leg = s.find(*query.from)) {
      refuse(s, t, *leg, query.original->view(),
             {Reason::not_permitted, RefusalCode::no_answer, "the switch did not answer the statistics request"});
    }
  }
}

}  // namespace sluice::slicing
