// Connections, and the "proxy" of a slice file.

#include "policy/document_parts.hpp"

namespace sluice::policy {
namespace {

struct Proxy {};

std::optional<Endpoint> read_endpoint(Context& c, const json::Value& value, Endpoint::Way way) {
  const std::string* text = string_of(c.findings, value, "a connection");
  if (text == nullptr) return std::nullopt;
  const auto endpoint = parse_endpoint(*text);
  if (!endpoint) {
    c.findings.add(Code::bad_connection, value.at, endpoint.error());
    return std::nullopt;
  }
  if (endpoint->way == way) {
    if (!endpoint->tls) return *endpoint;
    c.findings.unsupported(value.at, "TLS (ssl:, pssl:)");
    return std::nullopt;
  }
  c.findings
      .add(Code::bad_connection, value.at,
           quoted(*text) + (way == Endpoint::Way::listen ? " dials, but here the proxy listens"
                                                         : " listens, but here the proxy dials"))
      .label = way == Endpoint::Way::listen ? "write ptcp:[PORT][:HOST]" : "write tcp:HOST[:PORT]";
  return std::nullopt;
}

template <Endpoint::Way way>
void read_at(Context& c, const json::Value& value, Connection& into) {
  into.at = read_endpoint(c, value, way);
  into.span = value.at;
}

void read_standby(Context& c, const json::Value& value, Connection& into) {
  into.standby = truth_of(c.findings, value, "\"standby\"").value_or(false);
}

void read_read_only(Context& c, const json::Value& value, Connection& into) {
  into.read_only = truth_of(c.findings, value, "\"read_only\"").value_or(false);
}

void read_connection_tls(Context& c, const json::Value& value, Connection&) { read_tls_name(c, value); }

constexpr Key<Connection> listen_keys[] = {
    {{"at", "listen", required, "`ptcp:[PORT][:HOST]`; without a port 6653, without a host every address"},
     read_at<Endpoint::Way::listen>},
    {{"tls", "name", later, "settings of `tls`, for `pssl:`"}, read_connection_tls}};

constexpr Key<Connection> controller_keys[] = {
    {{"at", "dial", required, "`tcp:HOST[:PORT]`; without a port 6653"}, read_at<Endpoint::Way::dial>},
    {{"standby", "truth", optional, "connected, but may write only while no other controller of the slice is there"},
     read_standby},
    {{"read_only", "truth", optional, "connected, told everything that the others are told, and may never write"},
     read_read_only},
    {{"tls", "name", later, "settings of `tls`, for `ssl:`"}, read_connection_tls}};

// A connection string, or an object with one.
Connection read_connection(Context& c, const json::Value& value, Endpoint::Way way, const std::string& what,
                           std::span<const Key<Connection>> keys) {
  Connection connection;
  connection.span = value.at;
  if (const auto* object = value.as<json::Object>()) {
    read_object(c, *object, value.at, what, keys, connection);
  } else if (value.as<std::string>() != nullptr) {
    connection.at = read_endpoint(c, value, way);
  } else {
    c.findings.add(Code::wrong_type, value.at,
                   what + " must be a string or an object with \"at\", not " + std::string{json::kind_of(value)});
  }
  return connection;
}

// --- the proxy -----------------------------------------------------------------------------------------------------

void read_proxy_name(Context& c, const json::Value& value, Proxy&) {
  const std::string* name = string_of(c.findings, value, "the name of the proxy");
  if (name != nullptr && check_name(c.findings, *name, value.at, "proxy")) c.document.name = *name;
}

void read_listen_item(Context& c, const json::Value& value) {
  const Connection connection = read_listener(c, value);
  if (!connection.at) return;
  for (const auto& [other, at] : c.listens) {
    // Port 0 lets the system choose, and it chooses differently each time.
    if (other != *connection.at || other.port == 0) continue;
    c.findings.add(Code::same_listen, connection.span, text(other) + " is listened on twice").label =
        "first at " + text(at);
    return;
  }
  c.listens.emplace_back(*connection.at, c.findings.position(connection.span.offset));
  c.document.listen.push_back(*connection.at);
}

void read_listen(Context& c, const json::Value& value, Proxy&) {
  const auto* list = value.as<json::Array>();
  if (list == nullptr) return read_listen_item(c, value);
  if (list->empty()) c.findings.add(Code::missing_key, value.at, "no address to listen on, so no switch could connect");
  if (list->size() > 64) {
    c.findings.add(Code::too_big, value.at, "more than 64 addresses to listen on");
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Findings::Step step{c.findings, std::to_string(i)};
    read_listen_item(c, (*list)[i]);
  }
}

void read_overlap(Context& c, const json::Value& value, Proxy&) {
  constexpr std::string_view words[] = {"error", "priority"};
  if (word_of(c.findings, value, "\"overlap\"", words) == 1U) c.document.overlap = Overlap::priority;
}

void read_http(Context& c, const json::Value& value, Proxy&) {
  const std::string* text = string_of(c.findings, value, "\"http\"");
  // The same form as a connection's: HOST:PORT.
  if (text == nullptr || (text->find(':') != std::string::npos && parse_endpoint("tcp:" + *text))) return;
  c.findings.add(Code::bad_connection, value.at, quoted(*text) + " is no address to listen on").label =
      "write HOST:PORT, as in \"127.0.0.1:9653\"";
}

void read_unmatched(Context& c, const json::Value& value, Proxy&) {
  const std::string* text = string_of(c.findings, value, "\"unmatched\"");
  if (text == nullptr || *text == "drop") return;
  c.unmatched = SliceMention{c.findings.current(), value.at, *text};
  c.findings.unsupported(value.at, "a slice for packets that nobody owns");
}

constexpr Key<Proxy> proxy_keys[] = {
    {{"name", "name", optional, "a name for people"}, read_proxy_name},
    {{"listen", "listen|listener|[listen|listener]", optional,
      "where switches connect. Default: `ptcp:6653:127.0.0.1`, so that nobody opens a door without writing so"},
     read_listen},
    {{"overlap", "'error'|'priority'", optional,
      "what it means that two slices may write the same packet: `error` (default), or `priority`: the rule with the "
      "higher `priority` has it"},
     read_overlap},
    {{"http", "address", later, "where metrics and the REST interface are"}, read_http},
    {{"unmatched", "'drop'|name", optional,
      "packet_ins that no slice owns: `drop` (default, counted). The name of a slice is not supported yet"},
     read_unmatched}};

}  // namespace

Connection read_listener(Context& context, const json::Value& value) {
  return read_connection(context, value, Endpoint::Way::listen, "an address to listen on", listen_keys);
}

Connection read_controller(Context& context, const json::Value& value) {
  return read_connection(context, value, Endpoint::Way::dial, "a controller", controller_keys);
}

void describe_controller(std::vector<ObjectFacts>& objects) {
  objects.push_back(facts_of<Connection, Context>("controller", controller_keys));
}

void read_proxy(Context& context, const json::Value& value) {
  Proxy proxy;
  const json::Object* object = object_of(context.findings, value, "\"proxy\"");
  if (object != nullptr) read_object<Proxy, Context>(context, *object, value.at, "\"proxy\"", proxy_keys, proxy);
}

void describe_proxy(std::vector<ObjectFacts>& objects) {
  objects.push_back(facts_of<Proxy, Context>("proxy", proxy_keys));
  objects.push_back(facts_of<Connection, Context>("listener", listen_keys));
}

}  // namespace sluice::policy
