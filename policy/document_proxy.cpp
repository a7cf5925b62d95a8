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
  if (endpoint->tls) {
    c.findings.unsupported(value.at, "TLS (ssl:, pssl:)");
    return std::nullopt;
  }
  if (endpoint->way == way) return *endpoint;
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

constexpr Key<Connection> listen_keys[] = {{"at", read_at<Endpoint::Way::listen>, required}, {"tls", nullptr}};
constexpr Key<Connection> controller_keys[] = {
    {"at", read_at<Endpoint::Way::dial>, required}, {"standby", read_standby}, {"tls", nullptr}};

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
  if (word_of(c.findings, value, "\"overlap\"", words) == 1U)
    c.findings.unsupported(value.at, "\"overlap\": \"priority\"");
}

constexpr Key<Proxy> proxy_keys[] = {{"name", read_proxy_name},
                                     {"listen", read_listen},
                                     {"overlap", read_overlap},
                                     {"http", nullptr},
                                     {"unmatched", nullptr}};

}  // namespace

Connection read_listener(Context& context, const json::Value& value) {
  return read_connection(context, value, Endpoint::Way::listen, "an address to listen on", listen_keys);
}

Connection read_controller(Context& context, const json::Value& value) {
  return read_connection(context, value, Endpoint::Way::dial, "a controller", controller_keys);
}

void read_proxy(Context& context, const json::Value& value) {
  Proxy proxy;
  const json::Object* object = object_of(context.findings, value, "\"proxy\"");
  if (object != nullptr) read_object<Proxy, Context>(context, *object, value.at, "\"proxy\"", proxy_keys, proxy);
}

}  // namespace sluice::policy
