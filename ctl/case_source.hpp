// Case files as they lie on the disk, in either form, and the slice files that they name.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ctl/case_json.hpp"
#include "ctl/program.hpp"
#include "policy/document.hpp"
#include "policy/snapshot.hpp"
#include "slicing/replay/case_run.hpp"

namespace sluice::ctl {

struct CaseText {
  std::string path;
  bool json = false;
  std::string text;                 // in the text form
  std::vector<CaseOrigin> origins;  // of its lines, if the file is JSON
  slicing::replay::CaseFile file;

  // Where the file itself has what is at this place.
  [[nodiscard]] CaseOrigin origin(const slicing::replay::Place& at) const;
  // "cases/video.slicetest:5", "cases/video.slicetest.json:12 (/tests/0/steps/3)".
  [[nodiscard]] std::string where(const slicing::replay::Place& at) const;
};

// Files themselves, and all *.slicetest and *.slicetest.json below folders, sorted. Nothing: the error is told.
[[nodiscard]] std::optional<std::vector<std::string>> find_case_files(const std::vector<std::string>& words, Io& io);

// False: the errors are told.
[[nodiscard]] bool read_cases(const std::string& path, CaseText& into, Io& io);

// A slice file other than it is written: what --mutate asks about.
struct Mutant {
  std::string name;  // of the slice file, as `Policies::name` gives it
  policy::Document document;
  std::shared_ptr<const policy::Snapshot> snapshot;
};

// Slice files, each read once. Several threads may ask at a time.
class Policies {
 public:
  using Loaded = ofmsg::Result<std::shared_ptr<const policy::Snapshot>, std::string>;

  [[nodiscard]] Loaded load(const CaseText& cases, const slicing::replay::PolicySource& source,
                            const policy::Snapshot* previous, const Mutant* mutant = nullptr);

  // What the slice file is called in positions: its path, or for one that is written in a case file that file's.
  [[nodiscard]] static std::string name(const CaseText& cases, const slicing::replay::PolicySource& source);

  // The slice file as written; null if nobody has loaded it.
  [[nodiscard]] const policy::Document* document(const CaseText& cases, const slicing::replay::PolicySource& source);

 private:
  struct Known {
    policy::Document document;
    Loaded loaded;
  };

  // By the name, and for what is written in a case file the place.
  using Key = std::pair<std::string, std::size_t>;

  [[nodiscard]] static Key key(const CaseText& cases, const slicing::replay::PolicySource& source);
  [[nodiscard]] static Loaded compiled(const policy::Document& document, const policy::Snapshot* previous);
  const Known& known(const CaseText& cases, const slicing::replay::PolicySource& source);

  std::mutex mutex_;
  std::map<Key, std::unique_ptr<const Known>> known_;
};

}  // namespace sluice::ctl
