// The "tls" of a slice file: settings by name, for connections that use them. Secrets are named, never written down.

#include "policy/document_parts.hpp"

namespace sluice::policy {
namespace {

void read_path(Context& c, const json::Value& value, Unused&) {
  const std::string* path = string_of(c.findings, value, "the name of a file");
  if (path != nullptr && path->empty()) c.findings.add(Code::bad_name, value.at, "a file has a name");
}

void read_variable(Context& c, const json::Value& value, Unused&) {
  const std::string* name = string_of(c.findings, value, "the name of an environment variable");
  if (name == nullptr || (!name->empty() && name->find_first_of(std::string_view{"=\0", 2}) == std::string::npos))
    return;
  c.findings.add(Code::bad_name, value.at, quoted(*name) + " cannot be the name of an environment variable");
}

void read_credential(Context& c, const json::Value& value, Unused&) {
  const std::string* name = string_of(c.findings, value, "the name of a credential");
  if (name != nullptr) (void)check_name(c.findings, *name, value.at, "credential");
}

constexpr UnusedKey secret_keys[] = {
    {{"file", "text", optional, "a file, relative to where the daemon runs"}, read_path},
    {{"env", "text", optional, "an environment variable"}, read_variable},
    {{"credential", "name", optional, "a credential of systemd (`LoadCredential=`)"}, read_credential}};

void read_secret(Context& c, const json::Value& value, Unused& into) {
  if (value.as<std::string>() != nullptr) {
    c.findings.add(Code::inline_secret, value.at, "a secret does not belong into this file").label =
        R"(write { "file": … }, { "env": … } or { "credential": … })";
    return;
  }
  const json::Object* object = object_of(c.findings, value, "a secret");
  if (object == nullptr) return;
  read_object<Unused, Context>(c, *object, value.at, "a secret", secret_keys, into);
  const auto ways = std::count_if(object->begin(), object->end(),
                                  [](const json::Member& member) { return !member.key.starts_with("x-"); });
  if (ways != 1) {
    c.findings.add(Code::missing_key, value.at, "a secret has one of \"file\", \"env\" and \"credential\"");
  }
}

void read_min_version(Context& c, const json::Value& value, Unused&) {
  constexpr std::string_view words[] = {"1.2", "1.3"};
  (void)word_of(c.findings, value, "\"min_version\"", words);
}

void read_server_name(Context& c, const json::Value& value, Unused&) {
  (void)string_of(c.findings, value, "\"server_name\"");
}

constexpr UnusedKey tls_keys[] = {
    {{"certificate", "text", required, "the file with our certificate, in PEM, and those that vouch for it"},
     read_path},
    {{"private_key", "secret", required, "its key"}, read_secret},
    {{"ca", "text", required, "the file with the certificates that the other side must descend from"}, read_path},
    {{"min_version", "'1.2'|'1.3'", optional, "the oldest version of TLS to accept. Default: `1.2`"}, read_min_version},
    {{"server_name", "text", optional, "the name that the other side's certificate must have"}, read_server_name}};

}  // namespace

void read_tls(Context& c, const json::Value& value) {
  const json::Object* all = object_of(c.findings, value, "\"tls\"");
  if (all == nullptr) return;
  for (const json::Member& member : *all) {
    if (member.key.starts_with("x-")) continue;
    const Findings::Step step{c.findings, member.key};
    (void)check_name(c.findings, member.key, member.at, "set of TLS settings");
    const auto [first, fresh] = c.tls.emplace(member.key, c.findings.position(member.at.offset));
    if (!fresh) report_second(c, member, "TLS settings", first->second);
    const std::string what = "the TLS settings " + quoted(member.key);
    const json::Object* object = object_of(c.findings, member.value, what);
    Unused unused;
    if (object != nullptr) read_object<Unused, Context>(c, *object, member.at, what, tls_keys, unused);
  }
}

void read_tls_name(Context& c, const json::Value& value) {
  const std::string* name = string_of(c.findings, value, "\"tls\"");
  if (name == nullptr || c.tls.contains(*name)) return;
  std::vector<std::string_view> names;
  for (const auto& [known, at] : c.tls) names.emplace_back(known);
  c.findings.add(Code::unknown_tls, value.at, "\"tls\" has no settings with the name " + quoted(*name)).label =
      did_you_mean(*name, names);
}

void describe_tls(std::vector<ObjectFacts>& objects) {
  objects.push_back(facts_of<Unused, Context>("tls", tls_keys));
  objects.push_back(facts_of<Unused, Context>("secret", secret_keys));
}

}  // namespace sluice::policy
