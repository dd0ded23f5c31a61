// Kernels of the backward walk that TensorFlow has not, or has slower, each in one pass over memory: ops of TensorFlow's
// own C API (tensorflow/c/ops.h, kernels.h), float32 on the CPU. fused.ts calls them; portable.ts and the op table have the
// same from ordinary ops. Rows are the outermost axis; channels are last. One file of over 500 lines, since its kernels share
// their loops over blocks and threads, and what is compiled stays one unit.
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <node_api.h>
#include <string>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace {

struct Status {
  TF_Status* raw = TF_NewStatus();
  ~Status() { TF_DeleteStatus(raw); }
  bool ok() const { return TF_GetCode(raw) == TF_OK; }
};

// An input of a kernel; the context is told when it is not there.
struct Input {
  TF_Tensor* tensor = nullptr;
  Input(TF_OpKernelContext* context, int index) {
    Status status;
    TF_GetInput(context, index, &tensor, status.raw);
    if (!status.ok()) TF_OpKernelContext_Failure(context, status.raw);
  }
  ~Input() {
    if (tensor) TF_DeleteTensor(tensor);
  }
  explicit operator bool() const { return tensor != nullptr; }
  const float* data() const { return static_cast<const float*>(TF_TensorData(tensor)); }
  const int32_t* integers() const { return static_cast<const int32_t*>(TF_TensorData(tensor)); }
  int64_t size() const { return TF_TensorElementCount(tensor); }
  std::vector<int64_t> shape() const {
    std::vector<int64_t> sizes(TF_NumDims(tensor));
    for (size_t axis = 0; axis < sizes.size(); axis++) sizes[axis] = TF_Dim(tensor, static_cast<int>(axis));
    return sizes;
  }
};

void fail(TF_OpKernelContext* context, const char* reason) {
  Status status;
  TF_SetStatus(status.raw, TF_INVALID_ARGUMENT, reason);
  TF_OpKernelContext_Failure(context, status.raw);
}

// An output of the op, float32; null where it could not be allocated, which the context is told.
struct Output {
  TF_Tensor* tensor = nullptr;
  // The first, of the shape of input 0, and in its place where nobody else reads that: to be made before that is looked at.
  explicit Output(TF_OpKernelContext* context) {
    std::vector<int64_t> shape;
    {
      Input first(context, 0);
      if (!first) return;
      shape = first.shape();
    }
    const int candidate = 0;
    int forwarded = 0;
    Status status;
    tensor = TF_ForwardInputOrAllocateOutput(context, &candidate, 1, 0, shape.data(), static_cast<int>(shape.size()),
                                             &forwarded, status.raw);
    if (!status.ok()) TF_OpKernelContext_Failure(context, status.raw);
  }
  Output(TF_OpKernelContext* context, const std::vector<int64_t>& shape, int index = 0) {
    size_t bytes = sizeof(float);
    for (int64_t size : shape) bytes *= static_cast<size_t>(size);
    Status status;
    tensor = TF_AllocateOutput(context, index, TF_FLOAT, shape.data(), static_cast<int>(shape.size()), bytes, status.raw);
    if (!status.ok()) TF_OpKernelContext_Failure(context, status.raw);
  }
  ~Output() {
    if (tensor) TF_DeleteTensor(tensor);
  }
  explicit operator bool() const { return tensor != nullptr; }
  float* data() const { return static_cast<float*>(TF_TensorData(tensor)); }
};

int64_t intAttribute(TF_OpKernelConstruction* context, const char* name) {
  Status status;
  int64_t value = 0;
  TF_OpKernelConstruction_GetAttrInt64(context, name, &value, status.raw);
  if (!status.ok()) TF_OpKernelConstruction_Failure(context, status.raw);
  return value;
}

bool boolAttribute(TF_OpKernelConstruction* context, const char* name) {
  Status status;
  unsigned char value = 0;
  TF_OpKernelConstruction_GetAttrBool(context, name, &value, status.raw);
  if (!status.ok()) TF_OpKernelConstruction_Failure(context, status.raw);
  return value != 0;
}

float floatAttribute(TF_OpKernelConstruction* context, const char* name) {
  Status status;
  float value = 0;
  TF_OpKernelConstruction_GetAttrFloat(context, name, &value, status.raw);
  if (!status.ok()) TF_OpKernelConstruction_Failure(context, status.raw);
  return value;
}

// A kernel that all cores share, or that is one core's own.
struct Shared {
  bool parallel;
  explicit Shared(TF_OpKernelConstruction* context) : parallel(boolAttribute(context, "parallel")) {}
};

constexpr int64_t kBlock = 2048;  // floats that stay in the first-level cache together with their neighbours

// Where segments lie on values at points: [points x pairs, ...], of which [segments x pairs, ...] begin and end segments,
// `stride` points apart.
struct OnSegments : Shared {
  int64_t pairs, stride;
  explicit OnSegments(TF_OpKernelConstruction* context)
      : Shared(context), pairs(intAttribute(context, "pairs")), stride(intAttribute(context, "stride")) {}
  // From a segment's start to its end: rows.
  int64_t apart() const { return stride * pairs; }
  // The row at which a segment's row begins.
  int64_t start(int64_t row) const { return row / pairs * apart() + row % pairs; }
  // Whether points hold the segments.
  bool fits(const std::vector<int64_t>& segments, const std::vector<int64_t>& points) const {
    return pairs > 0 && stride > 0 && !segments.empty() && segments.size() == points.size() && segments[0] > 0 &&
           segments[0] % pairs == 0 && points[0] >= segments[0] * stride + pairs &&
           std::equal(segments.begin() + 1, segments.end(), points.begin() + 1);
  }
};

// Infinities that stand at the same place along a path are neutral elements: their difference is 0, and what passes nothing, or
// meets no difference, is 0 whatever the other is.
// (Calculated, then chosen: what is only sometimes calculated is not done in vectors.)
inline float difference(float from, float to) {
  const float between = to - from;
  return from == to ? 0.0f : between;
}
inline float product(float a, float b) {
  const float both = a * b;
  return (a == 0.0f) | (b == 0.0f) ? 0.0f : both;
}
inline float clip(float x, float low, float high) {
  const float above = x < low ? low : x;
  return above > high ? high : above;
}

// (y0 + y1) / max(y0 + y1, |x1 - x0|), y = max(x, 0): 1 where the ReLU is open at both ends, 0 closed at both.
inline float openShare(float x0, float x1) {
  const float open = std::min(std::max(x0, 0.0f) + std::max(x1, 0.0f), FLT_MAX);
  return open / std::max(std::max(open, std::fabs(difference(x0, x1))), 1e-37f);
}

// upstream x (slope + (1 - slope) x open share) of x ↦ max(x, slope x) over segments.
struct ReluSecant : OnSegments {
  float slope;
  explicit ReluSecant(TF_OpKernelConstruction* context) : OnSegments(context), slope(floatAttribute(context, "slope")) {}
  void compute(TF_OpKernelContext* context) const {
    Output output(context);
    Input upstream(context, 0), points(context, 1);
    if (!output || !upstream || !points) return;
    const std::vector<int64_t> shape = upstream.shape();
    if (!fits(shape, points.shape())) return fail(context, "MhoReluSecant: segments do not fit");
    const int64_t rows = shape[0], each = upstream.size() / rows, between = apart() * each;
    const float *u = upstream.data(), *x = points.data();
    float* out = output.data();
    const float closed = slope, rest = 1.0f - slope;
#pragma omp parallel for schedule(static) collapse(2) if (parallel && rows * each > 16384)
    for (int64_t row = 0; row < rows; row++)
      for (int64_t block = 0; block < each; block += kBlock) {
        const int64_t count = std::min(kBlock, each - block), at = row * each + block;
        const float *us = u + at, *x0 = x + start(row) * each + block, *x1 = x0 + between;
        float* to = out + at;
#pragma omp simd
        for (int64_t i = 0; i < count; i++) to[i] = product(us[i], closed + rest * openShare(x0[i], x1[i]));
      }
  }
};

// upstream x slope of x ↦ min(max(x, low), high) over segments, whose pieces are exact; at a point 1 inside, else 0.
struct ClipSecant : OnSegments {
  float low, high;
  explicit ClipSecant(TF_OpKernelConstruction* context)
      : OnSegments(context), low(floatAttribute(context, "low")), high(floatAttribute(context, "high")) {}
  void compute(TF_OpKernelContext* context) const {
    Output output(context);
    Input upstream(context, 0), points(context, 1);
    if (!output || !upstream || !points) return;
    const std::vector<int64_t> shape = upstream.shape();
    if (!fits(shape, points.shape())) return fail(context, "MhoClipSecant: segments do not fit");
    const int64_t rows = shape[0], each = upstream.size() / rows, between = apart() * each;
    const float *u = upstream.data(), *x = points.data();
    float* out = output.data();
    const float least = low, most = high;
#pragma omp parallel for schedule(static) collapse(2) if (parallel && rows * each > 16384)
    for (int64_t row = 0; row < rows; row++)
      for (int64_t block = 0; block < each; block += kBlock) {
        const int64_t count = std::min(kBlock, each - block), at = row * each + block;
        const float *us = u + at, *x0 = x + start(row) * each + block, *x1 = x0 + between;
        float* to = out + at;
        float slopes[kBlock];  // in a loop of their own: both in one are not done in vectors
#pragma omp simd
        for (int64_t i = 0; i < count; i++) {
          const float a = x0[i], b = x1[i], delta = difference(a, b);
          const float slope = difference(clip(a, least, most), clip(b, least, most)) / delta;
          const float above = a > least ? 1.0f : 0.0f, inside = a < most ? above : 0.0f;
          slopes[i] = delta == 0.0f ? inside : slope;
        }
#pragma omp simd
        for (int64_t i = 0; i < count; i++) to[i] = product(us[i], slopes[i]);
      }
  }
};

// Sum over segments of multiplier x (end - start): [segments x pairs, ...] -> [pairs, ...].
struct Contribution : OnSegments {
  using OnSegments::OnSegments;
  void compute(TF_OpKernelContext* context) const {
    Input multiplier(context, 0), points(context, 1);
    if (!multiplier || !points) return;
    std::vector<int64_t> shape = multiplier.shape();
    if (!fits(shape, points.shape())) return fail(context, "MhoContribution: segments do not fit");
    const int64_t segments = shape[0] / pairs, each = multiplier.size() / segments, between = stride * each;
    shape[0] = pairs;
    Output output(context, shape);
    if (!output) return;
    const float *m = multiplier.data(), *y = points.data();
    float* out = output.data();
#pragma omp parallel for schedule(static) if (parallel && segments * each > 16384)
    for (int64_t block = 0; block < each; block += kBlock) {
      const int64_t count = std::min(kBlock, each - block);
      float* sum = out + block;
      std::fill(sum, sum + count, 0.0f);
      for (int64_t s = 0; s < segments; s++) {
        const float *ms = m + s * each + block, *a = y + s * between + block, *b = a + between;
#pragma omp simd
        for (int64_t i = 0; i < count; i++) sum[i] += product(ms[i], difference(a[i], b[i]));
      }
    }
  }
};

// Contributions of each segment, multiplier x (end - start), of which nothing but sums is laid out: [rows, units + held], each
// unit's over its positions and then some neurons' own; and `sum` plus what segments count, added up: [sums, neurons].
// Neurons are [.., units, after]. Of `held`, flat places that ascend, and of `sum` an empty one says all of them, and zeros.
struct SegmentSums : OnSegments {
  int64_t units, after;
  explicit SegmentSums(TF_OpKernelConstruction* context)
      : OnSegments(context), units(intAttribute(context, "units")), after(intAttribute(context, "after")) {}
  void compute(TF_OpKernelContext* context) const {
    Input multiplier(context, 0), points(context, 1), counts(context, 2), sum(context, 3), held(context, 4);
    if (!multiplier || !points || !counts || !sum || !held) return;
    const std::vector<int64_t> shape = multiplier.shape();
    if (!fits(shape, points.shape())) return fail(context, "MhoSegmentSums: segments do not fit");
    const int64_t rows = shape[0], each = multiplier.size() / rows, between = apart() * each, sums = counts.size() / rows;
    if (units < 1 || after < 1 || each % (units * after) != 0 || counts.size() % rows != 0 ||
        (sum.size() != 0 && sum.size() != sums * each))
      return fail(context, "MhoSegmentSums: sizes differ");
    const int32_t* places = held.size() > 0 ? held.integers() : nullptr;
    const int64_t own = places ? held.size() : each, entries = units + own;
    if (places && (places[0] < 0 || places[own - 1] >= each || !std::is_sorted(places, places + own)))
      return fail(context, "MhoSegmentSums: no such neurons");
    Output output(context, {rows, entries}), total(context, {sums, each}, 1);
    if (!output || !total) return;
    const float *m = multiplier.data(), *y = points.data(), *count = counts.data(), *from = sum.data();
    float *out = output.data(), *to = total.data();
    const bool begun = sum.size() > 0;
    // Stretches of neurons, as many on every machine, so that sums come out the same.
    const int64_t blocks = (each + kBlock - 1) / kBlock;
    const int64_t stretches = std::max<int64_t>(1, std::min({int64_t{8}, each / units, rows * each / 65536}));
    // Several of each unit side by side, so that loops are long.
    const int64_t wide = after == 1 ? units * std::max<int64_t>(1, 256 / units) : units;
    std::vector<double> added(stretches * rows * wide, 0.0);
#pragma omp parallel for schedule(static) if (parallel && stretches > 1)
    for (int64_t stretch = 0; stretch < stretches; stretch++) {
      float contributions[kBlock];
      const int64_t first = blocks * stretch / stretches * kBlock;
      const int64_t last = std::min(each, blocks * (stretch + 1) / stretches * kBlock);
      const int32_t* next = places ? std::lower_bound(places, places + own, first) : nullptr;
      for (int64_t block = first; block < last; block += kBlock) {
        const int64_t size = std::min(kBlock, last - block);
        for (int64_t s = 0; s < sums; s++) {
          float* sumTo = to + s * each + block;
          if (begun) std::copy_n(from + s * each + block, size, sumTo);
          else std::fill_n(sumTo, size, 0.0f);
        }
        const int32_t* following = places ? std::lower_bound(next, places + own, block + size) : nullptr;
        for (int64_t row = 0; row < rows; row++) {
          const float *ms = m + row * each + block, *a = y + start(row) * each + block, *b = a + between;
#pragma omp simd
          for (int64_t i = 0; i < size; i++) contributions[i] = product(ms[i], difference(a[i], b[i]));
          for (int64_t s = 0; s < sums; s++) {
            const float counted = count[s * rows + row];
            if (counted == 0.0f) continue;
            float* sumTo = to + s * each + block;
#pragma omp simd
            for (int64_t i = 0; i < size; i++) sumTo[i] += counted * contributions[i];
          }
          addUnits(contributions, block, size, wide, added.data() + (stretch * rows + row) * wide);
          float* neurons = out + row * entries + units;
          if (!places) std::copy_n(contributions, size, neurons + block);
          else
            for (const int32_t* place = next; place != following; place++) neurons[place - places] = contributions[*place - block];
        }
        next = following;
      }
    }
    for (int64_t row = 0; row < rows; row++)
      for (int64_t unit = 0; unit < units; unit++) {
        double all = 0;
        for (int64_t stretch = 0; stretch < stretches; stretch++)
          for (int64_t at = unit; at < wide; at += units) all += added[(stretch * rows + row) * wide + at];
        out[row * entries + unit] = static_cast<float>(all);
      }
  }

 private:
  // Adds neurons `begin` and following to their units.
  void addUnits(const float* neurons, int64_t begin, int64_t size, int64_t wide, double* to) const {
    int64_t unit = begin / after % wide, left = after - begin % after;
    for (int64_t at = 0, count; at < size; at += count) {
      if (after == 1) {
        count = std::min(wide - unit, size - at);
        double* first = to + unit;
#pragma omp simd
        for (int64_t i = 0; i < count; i++) first[i] += neurons[at + i];
        unit = 0;
        continue;
      }
      count = std::min(left, size - at);
      double sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = 0; i < count; i++) sum += neurons[at + i];
      to[unit] += sum;
      left = after;
      unit = (unit + 1) % wide;
    }
  }
};

// end - start; see `difference`.
struct DifferenceOf : Shared {
  using Shared::Shared;
  void compute(TF_OpKernelContext* context) const {
    Output output(context);
    Input start(context, 0), end(context, 1);
    if (!output || !start || !end) return;
    const int64_t size = start.size();
    if (end.size() != size) return fail(context, "MhoDifference: sizes differ");
    const float *a = start.data(), *b = end.data();
    float* out = output.data();
#pragma omp parallel for simd schedule(static) if (parallel && size > 16384)
    for (int64_t i = 0; i < size; i++) out[i] = difference(a[i], b[i]);
  }
};

// What ReluSecant passes on, and the contributions of its output: both at once, and from x alone.
struct ReluFlow : OnSegments {
  float slope;
  explicit ReluFlow(TF_OpKernelConstruction* context) : OnSegments(context), slope(floatAttribute(context, "slope")) {}
  void compute(TF_OpKernelContext* context) const {
    Output output(context);
    Input upstream(context, 0), points(context, 1);
    if (!output || !upstream || !points) return;
    std::vector<int64_t> shape = upstream.shape();
    if (!fits(shape, points.shape())) return fail(context, "MhoReluFlow: segments do not fit");
    const int64_t segments = shape[0] / pairs, each = upstream.size() / segments, between = stride * each;
    shape[0] = pairs;
    Output sums(context, shape, 1);
    if (!sums) return;
    const float *u = upstream.data(), *x = points.data();
    float *out = output.data(), *contributions = sums.data();
    const float closed = slope, rest = 1.0f - slope;
#pragma omp parallel for schedule(static) if (parallel && segments * each > 16384)
    for (int64_t block = 0; block < each; block += kBlock) {
      const int64_t count = std::min(kBlock, each - block);
      float* sum = contributions + block;
      std::fill(sum, sum + count, 0.0f);
      for (int64_t s = 0; s < segments; s++) {
        const float *us = u + s * each + block, *x0 = x + s * between + block, *x1 = x0 + between;
        float* to = out + s * each + block;
#pragma omp simd
        for (int64_t i = 0; i < count; i++) {
          const float a = x0[i], b = x1[i], flow = us[i];
          const float from = std::max(a, 0.0f) + product(closed, std::min(a, 0.0f));
          const float until = std::max(b, 0.0f) + product(closed, std::min(b, 0.0f));
          sum[i] += product(flow, difference(from, until));
          to[i] = product(flow, closed + rest * openShare(a, b));
        }
      }
    }
  }
};

// x · scale + offset, per channel, or x + offset; and what a ReLU makes of it, as a second output.
template <bool scaled, bool relu>
struct Affine : Shared {
  using Shared::Shared;
  void compute(TF_OpKernelContext* context) const {
    Output output(context);
    Input x(context, 0), scale(context, 1), offset(context, scaled ? 2 : 1);
    if (!output || !x || !scale || !offset) return;
    const int64_t channels = offset.size(), size = x.size();
    if (channels < 1 || scale.size() != channels || size % channels != 0) return fail(context, "MhoAffine: sizes differ");
    std::unique_ptr<Output> opened;
    if (relu) {
      opened.reset(new Output(context, x.shape(), 1));
      if (!*opened) return;
    }
    const float *in = x.data(), *a = scale.data(), *b = offset.data();
    float *out = output.data(), *open = relu ? opened->data() : nullptr;
    const int64_t rows = size / channels;
#pragma omp parallel for schedule(static) if (parallel && size > 16384)
    for (int64_t row = 0; row < rows; row++) {
      const float* from = in + row * channels;
      float *to = out + row * channels, *above = relu ? open + row * channels : nullptr;
#pragma omp simd
      for (int64_t c = 0; c < channels; c++) {
        const float value = (scaled ? from[c] * a[c] : from[c]) + b[c];
        to[c] = value;
        if (relu) above[c] = std::max(value, 0.0f);
      }
    }
  }
};

// Channels looked at together, in vector registers of the compiler's: what a window's places are compared with stays there.
constexpr int kLanes = 8;
typedef float Floats __attribute__((vector_size(kLanes * sizeof(float))));
typedef int32_t Ints __attribute__((vector_size(kLanes * sizeof(int32_t))));

inline Floats load(const float* from, int count) {
  Floats values = {};
  if (count == kLanes) std::memcpy(&values, from, sizeof values);
  else std::memcpy(&values, from, count * sizeof(float));
  return values;
}
inline void store(float* to, const Floats& values, int count) {
  if (count == kLanes) std::memcpy(to, &values, sizeof values);
  else std::memcpy(to, &values, count * sizeof(float));
}

// Windows over [rows, height, width, channels] without padding.
struct Pool : Shared {
  int64_t kh, kw, sh, sw;
  explicit Pool(TF_OpKernelConstruction* context)
      : Shared(context),
        kh(intAttribute(context, "window_height")),
        kw(intAttribute(context, "window_width")),
        sh(intAttribute(context, "stride_height")),
        sw(intAttribute(context, "stride_width")) {}
  // Whether upstream has one value per window of x.
  bool fits(const std::vector<int64_t>& x, const std::vector<int64_t>& upstream) const {
    return x.size() == 4 && upstream.size() == 4 && kh > 0 && kw > 0 && sh > 0 && sw > 0 && kh * kw < (1 << 24) &&
           x[0] == upstream[0] && x[3] == upstream[3] && x[1] >= kh && x[2] >= kw &&
           upstream[1] == (x[1] - kh) / sh + 1 && upstream[2] == (x[2] - kw) / sw + 1;
  }
  // Visits every window, by vectors of channels: visit(its row, offset of its corner in x, its offset in upstream, channels).
  // `out`, of x's shape, is zero where no window has added to it: line by line, just before it is needed. The places of
  // a window lie at corner + i * line + j * channels. Few images are shared out by channels, so that every core has some.
  template <typename Visit>
  void windows(const std::vector<int64_t>& x, const std::vector<int64_t>& upstream, float* out, Visit visit) const {
    const int64_t rows = x[0], height = x[1], width = x[2], channels = x[3], oh = upstream[1], ow = upstream[2];
    const int64_t line = width * channels, image = height * line;
    const int64_t together = rows >= kLanes ? channels : 2 * kLanes, strips = (channels + together - 1) / together;
#pragma omp parallel for schedule(static) collapse(2) if (parallel)
    for (int64_t row = 0; row < rows; row++)
      for (int64_t strip = 0; strip < strips; strip++) {
        const int64_t first = strip * together, last = std::min(channels, first + together);
        int64_t cleared = 0;
        const auto clear = [&](int64_t until) {
          for (; cleared < until; cleared++)
            for (int64_t w = 0; w < width; w++) {
              float* to = out + row * image + cleared * line + w * channels;
              std::fill(to + first, to + last, 0.0f);
            }
        };
        for (int64_t h = 0; h < oh; h++) {
          clear(h * sh + kh);
          for (int64_t w = 0; w < ow; w++)
            for (int64_t c = first; c < last; c += kLanes)
              visit(row, row * image + h * sh * line + w * sw * channels + c, ((row * oh + h) * ow + w) * channels + c,
                    static_cast<int>(std::min<int64_t>(kLanes, last - c)));
        }
        clear(height);
      }
  }
};

// Upstream to the first winner of every window, added up where windows overlap.
struct MaxPoolGradient : Pool {
  using Pool::Pool;
  void compute(TF_OpKernelContext* context) const {
    Input x(context, 0), upstream(context, 1);
    if (!x || !upstream) return;
    const auto shape = x.shape(), counts = upstream.shape();
    if (!fits(shape, counts)) return fail(context, "MhoMaxPoolGradient: windows do not fit");
    Output output(context, shape);
    if (!output) return;
    const int64_t channels = shape[3], line = shape[2] * channels;
    const float *in = x.data(), *u = upstream.data();
    float* out = output.data();
    windows(shape, counts, out, [&](int64_t, int64_t corner, int64_t window, int count) {
      Floats top = load(in + corner, count);
      Ints winner = {};
      int32_t place = 0;
      for (int64_t i = 0; i < kh; i++)
        for (int64_t j = 0; j < kw; j++, place++) {
          const Floats here = load(in + corner + i * line + j * channels, count);
          const Ints wins = here > top;
          top = wins ? here : top;
          winner = wins ? place + Ints{} : winner;
        }
      const Floats flow = load(u + window, count), nothing = {};
      place = 0;
      for (int64_t i = 0; i < kh; i++)
        for (int64_t j = 0; j < kw; j++, place++) {
          float* to = out + corner + i * line + j * channels;
          store(to, load(to, count) + (winner == place ? flow : nothing), count);
        }
    });
  }
};

// The crossing rule: the winner at the start gets u = a / (a + b) of upstream, the winner at the end the rest, with a the
// start's lead at the start and b the end's at the end (0 where one wins at both: the end's winner gets all).
struct MaxPoolSecant : Pool {
  OnSegments segments;
  explicit MaxPoolSecant(TF_OpKernelConstruction* context) : Pool(context), segments(context) {}
  void compute(TF_OpKernelContext* context) const {
    Input upstream(context, 0), points(context, 1);
    if (!upstream || !points) return;
    auto shape = points.shape();
    const auto counts = upstream.shape(), all = shape;
    if (!counts.empty() && !shape.empty()) shape[0] = counts[0];
    if (!segments.fits(shape, all) || !fits(shape, counts)) return fail(context, "MhoMaxPoolSecant: windows do not fit");
    Output output(context, shape);
    if (!output) return;
    const int64_t channels = shape[3], line = shape[2] * channels, image = shape[1] * line;
    const int64_t between = segments.apart() * image;
    const float *x = points.data(), *u = upstream.data();
    float* out = output.data();
    windows(shape, counts, out, [&](int64_t row, int64_t corner, int64_t window, int count) {
      const float *x0 = x + (segments.start(row) - row) * image, *x1 = x0 + between;
      // The winners' values at either end: `later` is at the start that of the end's, `earlier` at the end the start's.
      Floats top0 = load(x0 + corner, count), top1 = load(x1 + corner, count), later = top0, earlier = top1;
      Ints winner0 = {}, winner1 = {};
      int32_t place = 0;
      for (int64_t i = 0; i < kh; i++)
        for (int64_t j = 0; j < kw; j++, place++) {
          const int64_t at = corner + i * line + j * channels;
          const Floats a = load(x0 + at, count), b = load(x1 + at, count);
          const Ints wins0 = a > top0, wins1 = b > top1;
          top0 = wins0 ? a : top0;
          earlier = wins0 ? b : earlier;
          winner0 = wins0 ? place + Ints{} : winner0;
          top1 = wins1 ? b : top1;
          later = wins1 ? a : later;
          winner1 = wins1 ? place + Ints{} : winner1;
        }
      const Floats flow = load(u + window, count), nothing = {};
      const Floats lead = top0 == later ? nothing : top0 - later, crossing = lead + (top1 == earlier ? nothing : top1 - earlier);
      const Floats early = flow == nothing ? nothing : flow * (crossing == 0.0f ? nothing : lead / crossing), late = flow - early;
      place = 0;
      for (int64_t i = 0; i < kh; i++)
        for (int64_t j = 0; j < kw; j++, place++) {
          float* to = out + corner + i * line + j * channels;
          store(to, load(to, count) + (winner0 == place ? early : nothing) + (winner1 == place ? late : nothing), count);
        }
    });
  }
};

// The second half of a convolution's input gradient on few channels: what every output passes to each tap of its window,
// [rows, oh, ow, taps x channels], summed where the taps lie on the input: [rows, height, width, channels]. (The first half
// is a matrix product of upstream and filter.)
struct TapSum : Pool {
  int64_t top, left, height, width;
  explicit TapSum(TF_OpKernelConstruction* context)
      : Pool(context),
        top(intAttribute(context, "pad_top")),
        left(intAttribute(context, "pad_left")),
        height(intAttribute(context, "height")),
        width(intAttribute(context, "width")) {}
  void compute(TF_OpKernelContext* context) const {
    Input taps(context, 0);
    if (!taps) return;
    const auto shape = taps.shape();
    if (shape.size() != 4 || kh < 1 || kw < 1 || sh < 1 || sw < 1 || height < 1 || width < 1 ||
        shape[3] % (kh * kw) != 0)
      return fail(context, "MhoTapSum: taps do not fit");
    const int64_t rows = shape[0], oh = shape[1], ow = shape[2], line = shape[3], channels = line / (kh * kw);
    Output output(context, {rows, height, width, channels});
    if (!output) return;
    const float* in = taps.data();
    float* out = output.data();
#pragma omp parallel for schedule(static) collapse(2) if (parallel)
    for (int64_t row = 0; row < rows; row++)
      for (int64_t h = 0; h < height; h++) {
        float* to = out + (row * height + h) * width * channels;
        std::fill(to, to + width * channels, 0.0f);
        for (int64_t i = 0; i < kh; i++) {
          const int64_t down = h + top - i;
          if (down < 0 || down % sh != 0 || down / sh >= oh) continue;
          const float* from = in + (row * oh + down / sh) * ow * line + i * kw * channels;
          for (int64_t j = 0; j < kw; j++) {
            // Places w = o * sw + j - left that lie on the line.
            const int64_t first = std::max<int64_t>(0, (left - j + sw - 1) / sw);
            const int64_t last = std::min<int64_t>(ow - 1, (width - 1 + left - j) / sw);
            if (width - 1 + left - j < 0) continue;
            for (int64_t o = first; o <= last; o++) {
              const float* tap = from + o * line + j * channels;
              float* place = to + (o * sw + j - left) * channels;
              for (int64_t c = 0; c < channels; c++) place[c] += tap[c];
            }
          }
        }
      }
  }
};

template <typename Kernel>
void* create(TF_OpKernelConstruction* context) {
  return new Kernel(context);
}
template <typename Kernel>
void compute(void* kernel, TF_OpKernelContext* context) {
  static_cast<Kernel*>(kernel)->compute(context);
}
template <typename Kernel>
void destroy(void* kernel) {
  delete static_cast<Kernel*>(kernel);
}

template <typename Kernel>
bool registerOp(const char* name, const std::vector<const char*>& inputs, const std::vector<const char*>& attributes,
                const std::vector<const char*>& outputs = {"output"}) {
  Status status;
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (const std::string input : inputs) {
    const bool typed = input.find(':') != std::string::npos;
    TF_OpDefinitionBuilderAddInput(definition, (typed ? input : input + ": float").c_str());
  }
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(definition, (std::string(output) + ": float").c_str());
  TF_OpDefinitionBuilderAddAttr(definition, "parallel: bool = true");
  for (const char* attribute : attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  // Graphs, unlike single calls, want to know.
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, [](TF_ShapeInferenceContext* context, TF_Status* status) {
    TF_ShapeInferenceContextSetUnknownShape(context, status);
  });
  TF_RegisterOpDefinition(definition, status.raw);
  if (!status.ok()) return false;
  TF_KernelBuilder* builder = TF_NewKernelBuilder(name, "CPU", create<Kernel>, compute<Kernel>, destroy<Kernel>);
  TF_RegisterKernelBuilder(name, builder, status.raw);
  return status.ok();
}

}  // namespace

// Registers the ops once in the process; `ready` tells whether all could be.
NAPI_MODULE_INIT() {
  const std::vector<const char*> windows = {"window_height: int", "window_width: int", "stride_height: int",
                                            "stride_width: int"};
  std::vector<const char*> placed = windows;
  std::vector<const char*> along = windows;
  along.insert(along.end(), {"pairs: int", "stride: int"});
  placed.insert(placed.end(), {"pad_top: int", "pad_left: int", "height: int", "width: int"});
#if defined(__x86_64__)
  const bool able = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");  // as it is compiled
#else
  const bool able = true;
#endif
  static const bool ready =
      able && registerOp<ReluSecant>("MhoReluSecant", {"upstream", "points"}, {"pairs: int", "stride: int", "slope: float"}) &&
      registerOp<ClipSecant>("MhoClipSecant", {"upstream", "points"},
                             {"pairs: int", "stride: int", "low: float", "high: float"}) &&
      registerOp<DifferenceOf>("MhoDifference", {"start", "end"}, {}) &&
      registerOp<Contribution>("MhoContribution", {"multiplier", "points"}, {"pairs: int", "stride: int"}) &&
      registerOp<SegmentSums>("MhoSegmentSums", {"multiplier", "points", "counts", "sum", "held: int32"},
                              {"pairs: int", "stride: int", "units: int", "after: int"}, {"output", "total"}) &&
      registerOp<ReluFlow>("MhoReluFlow", {"upstream", "points"}, {"pairs: int", "stride: int", "slope: float"},
                           {"output", "contribution"}) &&
      registerOp<Affine<true, false>>("MhoAffine", {"x", "scale", "offset"}, {}) &&
      registerOp<Affine<false, false>>("MhoOffset", {"x", "offset"}, {}) &&
      registerOp<Affine<true, true>>("MhoAffineRelu", {"x", "scale", "offset"}, {}, {"output", "relu"}) &&
      registerOp<Affine<false, true>>("MhoOffsetRelu", {"x", "offset"}, {}, {"output", "relu"}) &&
      registerOp<MaxPoolGradient>("MhoMaxPoolGradient", {"x", "upstream"}, windows) &&
      registerOp<MaxPoolSecant>("MhoMaxPoolSecant", {"upstream", "points"}, along) &&
      registerOp<TapSum>("MhoTapSum", {"taps"}, placed);
  napi_value value;
  napi_get_boolean(env, ready, &value);
  napi_set_named_property(env, exports, "ready", value);
  return exports;
}
