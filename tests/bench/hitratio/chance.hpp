#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

namespace s3proxy::hitratio {

/// Random numbers that are the same with every standard library: a seed names a trace. SplitMix64.
class chance {
 public:
  explicit chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    auto mixed = state_ += 0x9e3779b97f4a7c15ULL;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31);
  }
  /// In [0, 1).
  double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// From `least` to `most`, both included.
  std::size_t between(std::size_t least, std::size_t most) { return least + next() % (most - least + 1); }
  double log_normal(double median, double sigma) {
    auto const radius = std::sqrt(-2 * std::log(1 - share()));
    return median * std::exp(sigma * radius * std::cos(2 * std::numbers::pi * share()));
  }

 private:
  std::uint64_t state_;
};

/// Ranks from 0, the n-th with a weight of 1 / n^exponent.
class zipf {
 public:
  zipf(std::size_t count, double exponent) {
    auto sum = 0.0;
    for (std::size_t rank = 1; rank <= count; ++rank) {
      below_.push_back(sum += 1 / std::pow(static_cast<double>(rank), exponent));
    }
  }
  std::size_t draw(chance& by) const {
    auto const place = std::ranges::upper_bound(below_, by.share() * below_.back());
    return std::min(static_cast<std::size_t>(place - below_.begin()), below_.size() - 1);
  }

 private:
  std::vector<double> below_;
};

}  // namespace s3proxy::hitratio
