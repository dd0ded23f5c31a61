// Loaded before the binding. TensorFlow's framework library prints a notice from an initialiser, before it looks at
// TF_CPP_MIN_LOG_LEVEL; so where a level is set, it is loaded here with standard error shut for that moment.
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

NAPI_MODULE_INIT() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  if (level == nullptr || std::atoi(level) < 1) return exports;
  const int kept = dup(STDERR_FILENO);
  const int nowhere = open("/dev/null", O_WRONLY);
  if (kept >= 0 && nowhere >= 0) {
    dup2(nowhere, STDERR_FILENO);
    // Found by our own run path. Where it fails, loading the binding fails next and says why.
    dlopen("libtensorflow_framework.so.2", RTLD_NOW | RTLD_LOCAL);
    dup2(kept, STDERR_FILENO);
  }
  if (kept >= 0) close(kept);
  if (nowhere >= 0) close(nowhere);
  return exports;
}
