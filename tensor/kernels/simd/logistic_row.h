// Sums and gradients of the structure loss over a line of points. Lanes are points: point i belongs
// to sum i mod kSums of its kind, and these are added in order at the end, whatever a vector holds.

constexpr int kDoubleLanes = kLanes / 2;
constexpr int kSums = kLogisticSums;
constexpr int kGroups = kSums / kDoubleLanes;

ALWAYS_INLINE Doubles magnitude(Doubles x) {
  return doubles_of(bits_of(x) & 0x7FFFFFFFFFFFFFFF);
}

// The sums' terms: w, bce, w bce, w p m, w (p + m).
ALWAYS_INLINE void add_logistic_terms(const float* z, const float* m, const float* w,
                                      Doubles (&sum)[5]) {
  const Doubles logit = load_doubles(z), target = load_doubles(m), weight = load_doubles(w);
  const Doubles e = exponential(0.0 - magnitude(logit));
  const Doubles entropy =
      (logit > 0.0 ? logit : splat(0.0)) - logit * target + logarithm_of_one_plus(e);
  const Doubles p = (logit >= 0.0 ? splat(1.0) : e) / (1.0 + e);
  sum[0] += weight;
  sum[1] += entropy;
  sum[2] += weight * entropy;
  sum[3] += weight * p * target;
  sum[4] += weight * (p + target);
}

void logistic_sums_row(std::int64_t points, const float* z, const float* m, const float* w,
                       double* sums) {
  Doubles sum[kGroups][5] = {};
  const auto add = [&sum](const float* logits, const float* targets, const float* weights) {
    for (int group = 0; group < kGroups; ++group) {
      const int at = group * kDoubleLanes;
      add_logistic_terms(logits + at, targets + at, weights + at, sum[group]);
    }
  };
  std::int64_t i = 0;
  for (; i + kSums <= points; i += kSums) add(z + i, m + i, w + i);
  if (i < points) {
    // Points that add zeros: their e^-|z| is 0.
    float logits[kSums], targets[kSums] = {}, weights[kSums] = {};
    for (int k = 0; k < kSums; ++k) {
      const bool inside = i + k < points;
      logits[k] = inside ? z[i + k] : -1000.0f;
      targets[k] = inside ? m[i + k] : 0.0f;
      weights[k] = inside ? w[i + k] : 0.0f;
    }
    add(logits, targets, weights);
  }
  for (int k = 0; k < 5; ++k)
    for (int group = 0; group < kGroups; ++group) {
      double lanes[kDoubleLanes];
      std::memcpy(lanes, &sum[group][k], sizeof lanes);
      for (double lane : lanes) sums[k] += lane;
    }
}

ALWAYS_INLINE Doubles logistic_gradient(const LogisticSlopes& s, const float* z, const float* m,
                                        const float* w) {
  const Doubles logit = load_doubles(z), target = load_doubles(m), weight = load_doubles(w);
  const Doubles e = exponential(0.0 - magnitude(logit));
  const Doubles larger = 1.0 / (1.0 + e), smaller = e / (1.0 + e);
  const auto positive = logit >= 0.0;
  const Doubles p = positive ? larger : smaller, q = positive ? smaller : larger;
  const Doubles difference = p * (1.0 - target) - q * target;
  const Doubles by_p = weight * (s.ratio * (1.0 - target) - target) * s.inverse_remainder;
  return s.scale * ((weight * s.weight_share + s.plain_share) * difference + by_p * p * q);
}

void logistic_gradient_row(const LogisticSlopes& s, std::int64_t points, const float* z,
                           const float* m, const float* w, float* gradient) {
  std::int64_t i = 0;
  for (; i + kDoubleLanes <= points; i += kDoubleLanes)
    store_floats(gradient + i, logistic_gradient(s, z + i, m + i, w + i));
  if (i == points) return;
  float logits[kDoubleLanes] = {}, targets[kDoubleLanes] = {}, weights[kDoubleLanes] = {};
  for (int k = 0; i + k < points; ++k) {
    logits[k] = z[i + k];
    targets[k] = m[i + k];
    weights[k] = w[i + k];
  }
  float result[kDoubleLanes];
  store_floats(result, logistic_gradient(s, logits, targets, weights));
  for (int k = 0; i + k < points; ++k) gradient[i + k] = result[k];
}
