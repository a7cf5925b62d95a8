#include "proxy/reloader.hpp"

#include <exception>
#include <utility>

namespace sluice::proxy {

// What the other thread works on; it touches nothing else.
struct Reloader::Job {
  uv_work_t request{};
  Reloader* owner;
  std::string path;
  std::shared_ptr<const policy::Snapshot> previous;
  std::deque<Done> done;
  SliceFile file;
};

namespace {

SliceFile failed(const std::string& why) {
  SliceFile file;
  file.findings = "internal error: " + why + '\n';
  file.summary = "1 error, 0 warnings";
  file.exit_code = 1;
  return file;
}

}  // namespace

Reloader::Reloader(Loop& loop, std::string path, Current current)
    : loop_{loop}, path_{std::move(path)}, current_{std::move(current)} {}

Reloader::~Reloader() {
  leaving_ = true;
  while (job_) uv_run(loop_.get(), UV_RUN_ONCE);
}

void Reloader::read(Done done) {
  waiting_.push_back(std::move(done));
  if (!job_) start();
}

void Reloader::start() {
  job_ = std::make_unique<Job>();
  job_->request.data = job_.get();
  job_->owner = this;
  job_->path = path_;
  job_->previous = current_();
  job_->done = std::exchange(waiting_, {});
  const auto work = [](uv_work_t* request) {
    Job& job = *static_cast<Job*>(request->data);
    try {
      job.file = read_slice_file(job.path, Colour::no, job.previous.get());
    } catch (const std::exception& error) {  // memory, most likely
      job.file = failed(error.what());
    }
  };
  const auto after = [](uv_work_t* request, int) {
    Job& job = *static_cast<Job*>(request->data);
    job.owner->finish(job);
  };
  if (uv_queue_work(loop_.get(), &job_->request, work, after) != 0) {
    job_->file = failed("there is no thread to read the file with");
    finish(*job_);
  }
}

void Reloader::finish(Job& job) {
  const std::deque<Done> done = std::move(job.done);
  const SliceFile file = std::move(job.file);
  job_.reset();
  if (leaving_) return;
  for (const Done& tell : done) tell(file);
  if (!job_ && !waiting_.empty()) start();
}

}  // namespace sluice::proxy
