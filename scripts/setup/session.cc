// The options of every session that the binding opens; compiled into it in place of TensorFlow's own TF_NewSessionOptions.
// What is run are graphs of recorded kernels: looking for better ones (Grappler) takes several times what a run does and
// finds nothing.
#undef TF_NewSessionOptions
#include "tensorflow/c/c_api.h"

extern "C" TF_SessionOptions* MhoSessionOptions() {
  // ConfigProto{graph_options{rewrite_options{disable_meta_optimizer: true}}}
  static const unsigned char config[] = {0x52, 5, 0x52, 3, 0x98, 1, 1};
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Status* status = TF_NewStatus();
  TF_SetConfig(options, config, sizeof config, status);  // Where it fails, sessions are slower to open.
  TF_DeleteStatus(status);
  return options;
}
