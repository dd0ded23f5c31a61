// What the binding cannot ask of TensorFlow's sessions; compiled into it in place of two functions of TensorFlow's own.
#undef TF_NewSessionOptions
#undef TF_SessionRun
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#endif

#include "tensorflow/c/c_api.h"

// In place of TF_NewSessionOptions: the environment variable MHO_SESSION_CONFIG, a ConfigProto as hexadecimal digits.
extern "C" TF_SessionOptions* MhoSessionOptions() {
  TF_SessionOptions* options = TF_NewSessionOptions();
  const char* digits = std::getenv("MHO_SESSION_CONFIG");
  if (!digits) return options;
  std::vector<unsigned char> config;
  for (size_t at = 0; at + 1 < std::strlen(digits); at += 2) {
    const char byte[] = {digits[at], digits[at + 1], 0};
    config.push_back(static_cast<unsigned char>(std::strtol(byte, nullptr, 16)));
  }
  TF_Status* status = TF_NewStatus();
  TF_SetConfig(options, config.data(), config.size(), status);  // Where it fails, sessions are slower.
  TF_DeleteStatus(status);
  return options;
}

namespace {

// A thread that does one piece of work after another, and sleeps in between.
class Hand {
 public:
  Hand() : thread_([this] { live(); }) { thread_.detach(); }

  void start(std::function<void()> work) {
    std::lock_guard<std::mutex> lock(mutex_);
    work_ = std::move(work);
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !work_; });
  }

#ifdef __linux__
  // Where it may run next: the scheduler does not move a thread that has just run, and would leave two on one core.
  void stayOn(const cpu_set_t& cores) {
    if (CPU_EQUAL(&cores, &cores_)) return;
    cores_ = cores;
    pthread_setaffinity_np(handle_, sizeof cores_, &cores_);
  }
#endif

 private:
  void live() {
    for (;;) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return static_cast<bool>(work_); });
      }
      work_();
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = nullptr;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> work_;
  std::thread thread_;
#ifdef __linux__
  pthread_t handle_ = thread_.native_handle();
  cpu_set_t cores_{};
#endif
};

// As many as there have been lanes of one run, for the life of the process. oneDNN keeps its kernels by thread, made for the
// number of threads of who first asks: these see no others than sessions of one.
std::mutex handsMutex;
std::vector<Hand*>& hands() {
  static auto* all = new std::vector<Hand*>;
  return *all;
}

// Gives each hand a core of its own where all cores have one, and else leaves them to the scheduler.
void place(size_t count) {
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  const bool apart = count > 1 && static_cast<int>(count) >= CPU_COUNT(&allowed);
  int core = -1;
  for (size_t hand = 0; hand < count; hand++) {
    cpu_set_t cores = allowed;
    if (apart) {
      do core = (core + 1) % CPU_SETSIZE;
      while (!CPU_ISSET(core, &allowed));
      CPU_ZERO(&cores);
      CPU_SET(core, &cores);
    }
    hands()[hand]->stayOn(cores);
  }
#else
  (void)count;
#endif
}

// Some of a run's outputs: those whose ops are named lane<number>/….
struct Lane {
  std::vector<TF_Output> outputs;
  std::vector<TF_Tensor*> values;
  std::vector<int> places;
  TF_Status* status = TF_NewStatus();
  ~Lane() { TF_DeleteStatus(status); }
};

}  // namespace

// In place of TF_SessionRun: the lanes of a graph run side by side, each on a thread of its own, as if each were all there is.
extern "C" void MhoSessionRun(TF_Session* session, const TF_Buffer* options, const TF_Output* inputs,
                              TF_Tensor* const* inputValues, int inputCount, const TF_Output* outputs,
                              TF_Tensor** outputValues, int outputCount, const TF_Operation* const* targets,
                              int targetCount, TF_Buffer* metadata, TF_Status* status) {
  std::map<std::string, Lane> lanes;
  for (int at = 0; at < outputCount; at++) {
    const std::string name = TF_OperationName(outputs[at].oper);
    const size_t slash = name.find('/');
    if (slash == std::string::npos || name.compare(0, 4, "lane") != 0)
      return TF_SessionRun(session, options, inputs, inputValues, inputCount, outputs, outputValues, outputCount, targets,
                           targetCount, metadata, status);
    Lane& lane = lanes[name.substr(0, slash)];
    lane.outputs.push_back(outputs[at]);
    lane.values.push_back(nullptr);
    lane.places.push_back(at);
  }
  std::lock_guard<std::mutex> lock(handsMutex);
  while (hands().size() < lanes.size()) hands().push_back(new Hand);
  place(lanes.size());
  size_t hand = 0;
  for (auto& named : lanes) {
    Lane& lane = named.second;
    hands()[hand++]->start([=, &lane] {
      TF_SessionRun(session, nullptr, inputs, inputValues, inputCount, lane.outputs.data(), lane.values.data(),
                    static_cast<int>(lane.outputs.size()), nullptr, 0, nullptr, lane.status);
    });
  }
  for (size_t each = 0; each < hand; each++) hands()[each]->wait();
  TF_SetStatus(status, TF_OK, "");
  for (const auto& named : lanes)
    if (TF_GetCode(named.second.status) != TF_OK)
      TF_SetStatus(status, TF_GetCode(named.second.status), TF_Message(named.second.status));
  for (const auto& named : lanes)
    for (size_t at = 0; at < named.second.values.size(); at++) {
      TF_Tensor* value = named.second.values[at];
      const bool ok = TF_GetCode(status) == TF_OK;
      if (!ok && value) TF_DeleteTensor(value);
      outputValues[named.second.places[at]] = ok ? value : nullptr;
    }
}
