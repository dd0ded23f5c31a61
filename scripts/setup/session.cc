// The options of every session that the binding opens; compiled into it in place of TensorFlow's own TF_NewSessionOptions,
// since the binding has no way to give any: the environment variable MHO_SESSION_CONFIG, a ConfigProto as hexadecimal digits.
#undef TF_NewSessionOptions
#include <cstdlib>
#include <cstring>
#include <vector>

#include "tensorflow/c/c_api.h"

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
