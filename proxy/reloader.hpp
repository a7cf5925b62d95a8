// Reads the slice file anew, beside the loop: a large file takes a while, and nobody must wait for it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "policy/snapshot.hpp"
#include "proxy/slice_file.hpp"
#include "proxy/uv.hpp"

namespace sluice::proxy {

class Reloader {
 public:
  using Current = std::function<std::shared_ptr<const policy::Snapshot>()>;
  using Done = std::function<void(SliceFile)>;

  // `current` is asked for the snapshot in force when a reading begins; nobody else may change it meanwhile.
  Reloader(Loop& loop, std::string path, Current current);
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;
  // Waits for the end of a reading; its `done` is not called any more.
  ~Reloader();

  // `done` is called from the loop, never from within this. Whoever asks while a reading is under way gets the next
  // one, together with all others who do: however often it is asked for, at most two readings are ahead.
  void read(Done done);

 private:
  struct Job;

  void start();
  void finish(Job& job);

  Loop& loop_;
  std::string path_;
  Current current_;
  std::deque<Done> waiting_;
  std::unique_ptr<Job> job_;  // while one is being read
  bool leaving_ = false;
};

}  // namespace sluice::proxy
