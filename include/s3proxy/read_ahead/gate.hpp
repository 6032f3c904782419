#pragma once

namespace s3proxy::read_ahead {

/// How often the last guesses of one kind came true. The past fades: each new outcome weighs a tenth.
class gate {
 public:
  /// `prior`: what is believed before anything was seen; it weighs as much as so many outcomes.
  explicit gate(double prior = 0.5, double weight = 1) : prior_(prior), weight_(weight) {}

  void came_true() { take(1); }
  void came_to_nothing() { take(0); }
  double probability() const { return probability_with(0); }
  /// As if the last `more` guesses had come true, too: those that are not over yet, and look like it.
  double probability_with(double more) const {
    return (came_ + more + prior_ * weight_) / (seen_ + more + weight_);
  }

 private:
  void take(double outcome) {
    came_ = came_ * fading + outcome;
    seen_ = seen_ * fading + 1;
  }

  static constexpr double fading = 0.9;
  double prior_;
  double weight_;
  double came_ = 0;
  double seen_ = 0;
};

}  // namespace s3proxy::read_ahead
